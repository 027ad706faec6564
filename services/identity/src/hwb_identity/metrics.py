"""What identity counts beside what the runtime counts."""

from hwb_runtime.metrics import counter, gauge

WORDS_DROPPED = counter(
    "hwb_identity_words_dropped", "Words of schools that were known already, by run_seq"
)
RUNS_SETTLED = counter(
    "hwb_identity_runs_settled", "Runs all of whose changes are applied or parked"
)
DUE_TAKEN_UP = counter("hwb_identity_due_taken_up", "Persons taken up because a day had come")
ACCOUNTS_DELETED = counter(
    "hwb_identity_accounts_deleted", "Accounts deleted because nobody took them back"
)
UNSETTLED = gauge("hwb_identity_runs_unsettled", "Published runs that are not settled")
