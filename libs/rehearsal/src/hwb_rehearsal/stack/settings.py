"""The environment that each service's processes are started with."""

import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from hwb_rehearsal.broker import Broker

MAX_UNREAD_OF_THE_BUILT_IN_BROKER = 4000
TECHNICAL_OWNER = "svc-groups@hwbcymru.net"


@dataclass(frozen=True, kw_only=True)
class Files:
    """What every service loads."""

    register: Path
    calendar: Path
    clock: Path


@dataclass(frozen=True, kw_only=True)
class Ports:
    """Where the parts listen on loopback."""

    apis: Mapping[str, int]
    workers: Mapping[str, int]
    emulators: int
    mail: int
    issuer: int


def environment_of(
    service: str,
    *,
    database_url: str,
    broker: Broker,
    files: Files,
    ports: Ports,
    person_ref_secret: str,
    provider_token: str,
    service_secret: str,
    time_scale: float,
) -> dict[str, str]:
    """``HWB_ENV`` and every ``HWB_<SERVICE>_…`` of one service."""
    values = {
        "DATABASE_URL": database_url,
        "KAFKA": broker.address,
        "API_PORT": str(ports.apis[service]),
        "WORKER_PORT": str(ports.workers[service]),
        "OIDC_ISSUER": f"http://127.0.0.1:{ports.issuer}",
        "REGISTER_FILE": str(files.register),
        "CALENDAR_FILE": str(files.calendar),
        "PERSON_REF_SECRET": person_ref_secret,
        "REHEARSAL_CLOCK": str(files.clock),
        "TIME_SCALE": str(time_scale),
    }
    if not broker.is_real:
        values["KAFKA_MAX_UNREAD"] = str(MAX_UNREAD_OF_THE_BUILT_IN_BROKER)
    if service == "mis-ingest":
        values |= {
            f"{other.upper()}_URL": f"http://127.0.0.1:{ports.apis[other]}"
            for other in ("identity", "groups")
        } | {
            "SERVICE_TOKEN_URL": f"http://127.0.0.1:{ports.issuer}/token",
            "SERVICE_CLIENT_SECRET": service_secret,
        }
    if service == "identity":
        values["PASSWORD_SECRET"] = secrets.token_hex(32)
    if service == "groups":
        base = f"http://127.0.0.1:{ports.emulators}"
        values |= {
            "GRAPH_BASE_URL": f"{base}/graph/v1.0",
            "CLASSROOM_BASE_URL": f"{base}/classroom",
            "GRAPH_TOKEN": provider_token,
            "CLASSROOM_TOKEN": provider_token,
            "TECHNICAL_OWNER": TECHNICAL_OWNER,
            "ARCHIVE_BEGINS": "calendar",
        }
    if service == "notifier":
        values |= {"SMTP_HOST": "127.0.0.1", "SMTP_PORT": str(ports.mail)} | {
            f"{owner.upper().replace('-', '_')}_URL": f"http://127.0.0.1:{ports.apis[owner]}"
            for owner in ("identity", "mis-ingest")
        }
    prefix = f"HWB_{service.upper().replace('-', '_')}_"
    return {"HWB_ENV": "local"} | {prefix + name: value for name, value in values.items()}
