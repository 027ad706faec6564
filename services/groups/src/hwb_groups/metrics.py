"""What the groups service counts beside the runtime's own numbers."""

from hwb_runtime.metrics import counter, gauge

OPERATIONS = counter("hwb_groups_operations", "Operations that ended", ("action", "outcome"))
CALLS = counter("hwb_groups_provider_calls", "Calls answered", ("kind", "status"))
IN_HAND = gauge("hwb_groups_operations_in_hand", "Operations in hand", ("provider",))
