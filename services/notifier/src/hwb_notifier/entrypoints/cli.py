"""The notifier's command line: api, worker, migrate, parked, reconcile."""

from hwb_notifier.bootstrap import SERVICE
from hwb_runtime.service import service_cli

app = service_cli(SERVICE)


def main() -> None:
    """Entry point of ``hwb-notifier``."""
    app()


if __name__ == "__main__":
    main()
