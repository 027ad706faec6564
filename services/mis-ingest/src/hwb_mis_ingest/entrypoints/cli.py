"""The command line of mis-ingest: api, worker, migrate, parked, reconcile."""

from hwb_mis_ingest.bootstrap import SERVICE
from hwb_runtime.service import service_cli

app = service_cli(SERVICE)


def main() -> None:
    """Run the command line."""
    app()


if __name__ == "__main__":
    main()
