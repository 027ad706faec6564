"""The processes: API, worker, command line."""
