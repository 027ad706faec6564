"""The ways in: HTTP, the worker, the command line."""
