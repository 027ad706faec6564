"""Snapshots as a school sends them: OneRoster 1.1 in a zip, or the same data as JSON lines."""
