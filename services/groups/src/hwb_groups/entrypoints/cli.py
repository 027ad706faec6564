"""The service's command line: api, worker, migrate, parked, reconcile."""

from hwb_groups.bootstrap import SERVICE
from hwb_runtime.service import service_cli

app = service_cli(SERVICE)


def main() -> None:
    """Run it."""
    app()


if __name__ == "__main__":
    main()
