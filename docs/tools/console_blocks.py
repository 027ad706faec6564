"""Commands and their output in a page: run them again, compare, or write the page anew.

A ``console`` block holds commands (``$ …``; a line that ends in a backslash goes on) and what each
prints. A line ``…`` stands for any lines. Ids, ports and durations differ at every run: masked.
"""

import re
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from uuid import uuid4

SECONDS = 240.0
MASKS: tuple[tuple[re.Pattern[str], str], ...] = (
    (re.compile(r"\x1b\[[0-9;?]*[A-Za-z]"), ""),
    (re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}"), "<id>"),
    (re.compile(r"\bk\d+\.[\w-]{22}"), "<person_ref>"),
    (re.compile(r"127\.0\.0\.1:\d+"), "127.0.0.1:<port>"),
    (re.compile(r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(\.\d+)?(Z|\+00:00)?"), "<instant>"),
    (re.compile(r"\b\d+(\.\d+)? ?(s|ms|seconds?)\b"), "<duration>"),
    (re.compile(r"[ \t]+$", re.MULTILINE), ""),
)


@dataclass(frozen=True, slots=True)
class Step:
    """One command of a page, what the page says it prints, and the line of the page it is on."""

    command: str
    expected: tuple[str, ...]
    line: int


@dataclass(frozen=True, slots=True)
class Difference:
    """A command that printed something else than the page says."""

    step: Step
    printed: tuple[str, ...]

    def __str__(self) -> str:
        expected, printed = "\n".join(self.step.expected), "\n".join(self.printed)
        return f"line {self.step.line}: $ {self.step.command}\npage:\n{expected}\nnow:\n{printed}"


def steps_of(page: str) -> list[Step]:
    """Every command of every ``console`` block, in order."""
    steps: list[Step] = []
    inside = continued = False
    for number, line in enumerate(page.splitlines(), 1):
        if line.startswith("```"):
            inside, continued = line == "```console", False
        elif inside and line.startswith("$ "):
            steps.append(Step(command=line[2:], expected=(), line=number))
            continued = line.endswith("\\")
        elif inside and continued:
            steps[-1] = replace(steps[-1], command=f"{steps[-1].command}\n{line}")
            continued = line.endswith("\\")
        elif inside and steps:
            steps[-1] = replace(steps[-1], expected=(*steps[-1].expected, line))
    return steps


def masked(text: str) -> str:
    """The text with whatever differs from run to run replaced by what it is."""
    for pattern, name in MASKS:
        text = pattern.sub(name, text)
    return text


def agrees(expected: Sequence[str], printed: Sequence[str]) -> bool:
    """Whether the output is the expected one; ``…`` in the expected stands for any lines."""
    pattern = "".join(
        r"(?:.*\n)*" if line.strip() == "…" else re.escape(masked(line)) + r"\n"
        for line in expected
    )
    return re.fullmatch(pattern, "".join(f"{masked(line)}\n" for line in printed)) is not None


def run_steps(
    steps: Sequence[Step], *, folder: Path, environment: Mapping[str, str]
) -> list[tuple[str, ...]]:
    """What each command prints, on standard output and error together; all in one shell.

    ``BASH_ENV`` of the environment names the file that a reader would have sourced.
    """
    mark = f"--- {uuid4()} ---"
    script = "".join(f"{step.command}\nprintf '%s\\n' '{mark}'\n" for step in steps)
    done = subprocess.run(  # noqa: S603 - the page's own commands
        ["/bin/bash", "-c", script],
        cwd=folder,
        env=dict(environment),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
        timeout=SECONDS,
    )
    printed = done.stdout.split(f"{mark}\n")[: len(steps)]
    # A progress bar that has gone leaves an empty first line where there is no terminal.
    return [tuple(map(str.rstrip, text.strip("\n").splitlines())) for text in printed]


def differences(
    page: str, *, folder: Path, environment: Mapping[str, str]
) -> tuple[list[Difference], str]:
    """Run every command; what differs, and the page as it would be with today's output.

    Output that agrees is kept as the page has it, so that ids do not change at every writing.
    """
    found: list[Difference] = []
    lines = page.splitlines()
    shift = 0
    steps = steps_of(page)
    for step, printed in zip(
        steps, run_steps(steps, folder=folder, environment=environment), strict=True
    ):
        if agrees(step.expected, printed):
            continue
        found.append(Difference(step, printed))
        start = step.line + step.command.count("\n") + shift
        lines[start : start + len(step.expected)] = printed
        shift += len(printed) - len(step.expected)
    return found, "\n".join(lines) + "\n"
