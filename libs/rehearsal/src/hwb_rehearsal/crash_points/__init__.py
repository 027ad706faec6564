"""Dies once at every named crash point with work in hand, and compares what came of it."""
