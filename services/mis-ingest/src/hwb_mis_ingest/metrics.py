"""What Prometheus reads of mis-ingest."""

from hwb_runtime.metrics import counter, histogram

UPLOADS = counter("hwb_uploads_taken", "Uploads taken", ("format",))
UPLOADS_REFUSED = counter("hwb_uploads_refused", "Uploads refused whole", ("code",))
RUNS_PUBLISHED = counter("hwb_runs_published", "Runs published")
RUNS_SETTLED = counter("hwb_runs_settled", "Runs settled")
REJECTED_ROWS = counter("hwb_rows_rejected", "Faults found in rows", ("reason",))
ROWS_HELD = counter("hwb_rows_held", "Rows held by the season guard")
RUN_SECONDS = histogram("hwb_run_publish_seconds", "From claiming a run to its commit")
