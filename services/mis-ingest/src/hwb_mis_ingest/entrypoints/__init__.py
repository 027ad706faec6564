"""The processes of mis-ingest."""
