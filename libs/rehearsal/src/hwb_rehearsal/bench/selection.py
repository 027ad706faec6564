"""Which rows of the benchmarks are asked for: all of them, or some by their names."""

from collections.abc import Collection

from hwb_rehearsal.bench import comparison, groups, ingest, largest

END_TO_END = "end_to_end"
PEAK_MEMORY = "peak_memory"
EVERY = (*comparison.ROWS, END_TO_END, PEAK_MEMORY, largest.ROW, ingest.ROW, *groups.ROWS)
"""``end_to_end`` stands for a row of each size, ``peak_memory`` for a row of each process."""


class UnknownRowError(Exception):
    """No row has this name; the message lists those that there are."""


def selected(names: str) -> frozenset[str]:
    """The rows of this list with commas; all of them where it is empty."""
    wanted = {name.strip() for name in names.split(",") if name.strip()}
    if unknown := wanted - set(EVERY):
        message = f"There is no row {', '.join(sorted(unknown))}. The rows are {', '.join(EVERY)}."
        raise UnknownRowError(message)
    return frozenset(wanted or EVERY)


def any_of(rows: Collection[str], wanted: Collection[str]) -> bool:
    """Whether one of the rows is wanted."""
    return not set(rows).isdisjoint(wanted)
