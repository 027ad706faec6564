"""The files of this repository, as git knows them, for tests that read them all."""

import subprocess
from functools import cache
from pathlib import Path

ROOT = Path(__file__).parents[2]


@cache
def repository_files(*patterns: str) -> tuple[Path, ...]:
    """Text files in git, and new ones that it does not ignore, that match any pattern."""
    command = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard", "--"]
    listed = subprocess.run(  # noqa: S603 - patterns are our tests' own
        [*command, *patterns],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    found = (ROOT / name for name in listed.split("\0") if name)
    return tuple(sorted(path for path in found if path.is_file() and not _is_binary(path)))


def shown(path: Path) -> str:
    """The path as messages show it."""
    return str(path.relative_to(ROOT))


def _is_binary(path: Path) -> bool:
    with path.open("rb") as file:
        return b"\0" in file.read(8192)
