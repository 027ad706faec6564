"""The rehearsed year, May to September 2022: what schools do, and what must come of it."""
