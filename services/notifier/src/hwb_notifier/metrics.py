"""What the notifier counts besides what the runtime counts."""

from hwb_runtime.metrics import counter

MAILS = counter("hwb_mails", "Tries to send a mail", ("outcome",))
