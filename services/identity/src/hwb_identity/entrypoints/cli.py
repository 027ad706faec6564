"""The command line: ``hwb-identity api | worker | migrate | parked | reconcile``."""

from hwb_identity.bootstrap import SERVICE
from hwb_runtime.service import service_cli

app = service_cli(SERVICE)


def main() -> None:
    """Run a verb."""
    app()


if __name__ == "__main__":
    main()
