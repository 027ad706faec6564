"""Writes out how to run the client every day: a systemd timer, a Windows task. Installs nothing."""

import shlex
import subprocess
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path


class System(StrEnum):
    """Where the client runs."""

    SYSTEMD = "systemd"
    WINDOWS = "windows"


@dataclass(frozen=True, slots=True, kw_only=True)
class SignIn:
    """Which of the two files the client signs in with."""

    credentials_file: Path | None = None
    token_file: Path | None = None

    @property
    def options(self) -> list[str]:
        """As they are given to the client."""
        given = (("--credentials-file", self.credentials_file), ("--token-file", self.token_file))
        return [text for name, path in given if path for text in (name, str(path.resolve()))]


@dataclass(frozen=True, slots=True)
class Schedule:
    """What is run, and when: ``at`` is written ``HH:MM``, in the computer's own time."""

    program: str
    export: Path
    school: str
    url: str
    sign_in: SignIn
    at: str

    @property
    def command(self) -> list[str]:
        """The push with all its options."""
        return [
            self.program,
            "push",
            str(self.export),
            "--school",
            self.school,
            "--url",
            self.url,
            *self.sign_in.options,
            "--wait",
        ]


def printed(schedule: Schedule, system: System) -> str:
    """What to put where, with the commands that do it."""
    return _systemd(schedule) if system is System.SYSTEMD else _windows(schedule)


def _systemd(schedule: Schedule) -> str:
    name = f"hwb-provision-{schedule.school}"
    command = shlex.join(schedule.command).replace("%", "%%")
    return f"""\
# 1. Save as /etc/systemd/system/{name}.service
[Unit]
Description=Send the data of school {schedule.school} to Hwb
Wants=network-online.target
After=network-online.target

[Service]
Type=oneshot
ExecStart={command}
# 1: done, but rows were rejected
SuccessExitStatus=1

# 2. Save as /etc/systemd/system/{name}.timer
[Unit]
Description=Every day: send the data of school {schedule.school} to Hwb

[Timer]
OnCalendar=*-*-* {schedule.at}:00
# Not every school of Wales in the same second
RandomizedDelaySec=15min
# After a night in which the computer was off
Persistent=true

[Install]
WantedBy=timers.target

# 3. Run as root
# systemctl daemon-reload && systemctl enable --now {name}.timer
# Results: journalctl -u {name}.service
"""


def _windows(schedule: Schedule) -> str:
    command = subprocess.list2cmdline(schedule.command).replace('"', '\\"')
    name = f"Hwb provisioning {schedule.school}"
    return f"""\
REM Run in a command prompt as administrator
schtasks /Create /TN "{name}" /SC DAILY /ST {schedule.at} /RU SYSTEM /TR "{command}"
REM Run it once now, and see its result
schtasks /Run /TN "{name}"
schtasks /Query /TN "{name}" /V /FO LIST
"""
