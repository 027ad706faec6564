"""The rules of an upload: what a good row is, and what a run says of each person and class."""
