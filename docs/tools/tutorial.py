"""The tutorial's two schools on the one-machine stack: ``make tutorial``.

``--write`` runs the page's commands and writes their output into it instead of waiting.
"""

import argparse
import asyncio
import contextlib
import json
import os
import shlex
import sys
from collections.abc import AsyncIterator, Mapping
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from textwrap import dedent

import yaml
from docs.tools.console_blocks import differences

from hwb_provisioning_client.sign_in import Credentials
from hwb_rehearsal.stack import Stack
from hwb_schemas.calendar import RolloverCalendar
from hwb_schemas.register import Authority, Register, School
from hwb_schemas.words import Role

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "docs/tutorial/year-6-to-year-7.md"
FILES = ROOT / "docs/tutorial/files"
CALENDAR = ROOT / "libs/runtime/src/hwb_runtime/calendars/2022.yaml"
PRIMARY, SECONDARY, AUTHORITY = "6602173", "6604027", "660"
BEGINS = datetime(2022, 5, 16, 8, tzinfo=UTC)

REGISTER = Register(
    authorities=(
        Authority(
            code=AUTHORITY,
            name="Isle of Anglesey",
            name_cy="Ynys Môn",
            email="hwb@ynysmon.example",
        ),
    ),
    schools=(
        School(
            number=PRIMARY,
            name="Ysgol Gynradd y Glannau",
            name_cy="Ysgol Gynradd y Glannau",
            authority=AUTHORITY,
            sector="primary",
            year_groups=("R", "1", "2", "3", "4", "5", "6"),
            top_year_groups=("6",),
            email="office@glannau.example",
        ),
        School(
            number=SECONDARY,
            name="Ysgol Uwchradd y Bryn",
            name_cy="Ysgol Uwchradd y Bryn",
            authority=AUTHORITY,
            sector="secondary",
            year_groups=("7", "8", "9", "10", "11"),
            top_year_groups=("11",),
            email="office@bryn.example",
        ),
    ),
)


@contextlib.asynccontextmanager
async def tutorial_stack(root: Path) -> AsyncIterator[Path]:
    """The running stack; gives the file that a shell sources to talk to it."""
    calendar = RolloverCalendar.model_validate(yaml.safe_load(CALENDAR.read_text()))
    async with Stack.start(root, register=REGISTER, calendar=calendar, now=BEGINS) as stack:
        environment = root / "environment"
        clients = {
            "PRIMARY_CLIENT": await _client_of(stack, PRIMARY),
            "SECONDARY_CLIENT": await _client_of(stack, SECONDARY),
        }
        environment.write_text(_environment(stack, root, clients))
        environment.chmod(0o600)
        yield environment


async def _client_of(stack: Stack, school: str) -> Credentials:
    """Credentials of a school's Provisioning Client, as an operator makes them."""
    async with stack.client("mis-ingest", Role.OPERATOR) as operator:
        answer = await operator.post(
            f"/v1/schools/{school}/clients", headers={"Idempotency-Key": f"tutorial {school}"}
        )
    made = answer.raise_for_status().json()
    token_url = f"{stack.url('mis-ingest')}/v1/tokens"
    return Credentials(made["client_id"], made["client_secret"], token_url)


def _environment(stack: Stack, root: Path, clients: Mapping[str, Credentials]) -> str:
    """Addresses, credentials files, and a few small commands, for bash."""
    people = {
        **clients,
        "SECONDARY_SCHOOL": stack.credentials(Role.SCHOOL_ADMINISTRATOR, school=SECONDARY),
        "LOCAL_AUTHORITY": stack.credentials(Role.LOCAL_AUTHORITY, authority=AUTHORITY),
        "SERVICE_DESK": stack.credentials(Role.SERVICE_DESK),
    }
    files = {name: root / f"{name.lower()}.json" for name in people}
    for name, credentials in people.items():
        files[name].touch(mode=0o600)
        files[name].write_text(json.dumps(asdict(credentials)))
    exported = {
        "MIS_INGEST": stack.url("mis-ingest"),
        "IDENTITY": stack.url("identity"),
        "KAFKA": stack.broker.address,
        "HWB_CLOCK": str(stack.clock.path),
        **{name: str(file) for name, file in files.items()},
    }
    variables = "\n".join(f"export {name}={shlex.quote(text)}" for name, text in exported.items())
    commands = dedent(
        """
        # ask <credentials file> <address>: GET as whoever that is, the answer in readable JSON
        ask() { python -m docs.tools.ask "$@"; }
        # first <field>: that field of the first item of an answer
        first() { python -c 'import json,sys; print(json.load(sys.stdin)["items"][0][sys.argv[1]])' "$1"; }
        # events_of <account id>: what hwb.identity.accounts holds of one account, oldest first
        events_of() { python -m docs.tools.events_of "$KAFKA" "$1"; }
        # wait_for <text> <command …>: ask again until the answer has the text, then print it
        wait_for() {
          local text=$1 answer; shift
          for _ in $(seq 100); do
            answer=$("$@")
            [[ $answer == *"$text"* ]] && break
            sleep 0.2
          done
          printf '%s\\n' "$answer"
        }
        # today <instant>: move the clock that every process reads
        today() { printf %s "$1" > "$HWB_CLOCK.new" && mv "$HWB_CLOCK.new" "$HWB_CLOCK"; }
        """
    )
    path = f"export PATH={shlex.quote(str(ROOT / '.venv/bin'))}:$PATH PYTHONPATH={ROOT}\n"
    return f"{path}{variables}\n{commands}"


async def _serve(root: Path) -> None:
    async with tutorial_stack(root) as environment:
        shown = environment.relative_to(ROOT)
        print(f"\nReady. In a second terminal:\n\n    cd {ROOT}\n    source {shown}\n")
        print("Ctrl-C ends everything.", flush=True)
        await asyncio.Event().wait()


async def _write(root: Path) -> int:
    async with tutorial_stack(root) as environment:
        bash = {**os.environ, "BASH_ENV": str(environment)}
        page = PAGE.read_text()
        found, written = await asyncio.to_thread(differences, page, folder=ROOT, environment=bash)
        PAGE.write_text(written)
    print(f"{len(found)} outputs written.")
    return 0


def main() -> int:
    """Start the stack and wait, or write the page."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--write", action="store_true", help="write the page's output anew")
    options = parser.parse_args()
    root = ROOT / "build/tutorial"
    try:
        return asyncio.run(_write(root) if options.write else _serve(root)) or 0
    except KeyboardInterrupt:
        return 0


if __name__ == "__main__":
    sys.exit(main())
