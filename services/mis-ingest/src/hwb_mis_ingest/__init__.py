"""Takes schools' MIS snapshots and publishes MIS change events."""
