"""One line of the demo's table: what was expected, what was seen, whether they agree."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict, dataclass
from typing import TypeVar

from hwb_rehearsal.story.expectation import Line

EXAMPLES = 3
Thing = TypeVar("Thing")


@dataclass(frozen=True, slots=True)
class Row:
    """A line of the table. Examples in ``actual`` name nobody: only ends of person_refs."""

    journey: str
    what: str
    expected: str
    actual: str
    agree: bool

    def as_json(self) -> dict[str, str | bool]:
        """The row as ``report.json`` has it."""
        return asdict(self)


def row_of_each(
    line: Line,
    things: Sequence[Thing],
    difference: Callable[[Thing], str | None],
    *,
    noun: str,
) -> Row:
    """A row about many things, each of which must agree by itself."""
    differences = [found for thing in things if (found := difference(thing)) is not None]
    right = len(things) - len(differences)
    return row_of_faults(
        line, expected=_counted(len(things), noun), actual=_counted(right, noun), faults=differences
    )


def row_of_faults(line: Line, *, expected: str, actual: str, faults: Iterable[str]) -> Row:
    """A row that agrees where there is no fault; some of the faults are shown."""
    found = list(faults)
    if found:
        more = f" and {len(found) - EXAMPLES} more" if len(found) > EXAMPLES else ""
        actual = f"{actual}; {len(found)} differ: {'; '.join(found[:EXAMPLES])}{more}"
    return Row(line.journey.value, line.what, expected, actual, not found)


def _counted(number: int, noun: str) -> str:
    return f"{number:,} {noun}{'' if number == 1 else 's'}"
