"""What the groups service counts beside the runtime's own numbers."""

from hwb_runtime.metrics import counter, gauge

OPERATIONS = counter("hwb_groups_operations", "Operations that ended", ("action", "outcome"))
CALLS = counter("hwb_groups_provider_calls", "Calls answered", ("kind", "status"))
BREAKER_OPEN = gauge(
    "hwb_groups_breaker_open", "1 where a provider is out of order and left in peace", ("provider",)
)
ARCHIVE_DUE = gauge(
    "hwb_groups_archive_due", "1 where the year is over and its archive run is not begun"
)
IN_HAND = gauge("hwb_groups_operations_in_hand", "Operations in hand", ("provider",))
