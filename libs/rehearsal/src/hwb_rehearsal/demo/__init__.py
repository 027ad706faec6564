"""Plays the rehearsed year on the one-machine stack and compares what comes of it."""
