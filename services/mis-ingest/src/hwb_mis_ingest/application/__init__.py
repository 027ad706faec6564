"""What mis-ingest does: receive an upload, publish a run, settle it."""
