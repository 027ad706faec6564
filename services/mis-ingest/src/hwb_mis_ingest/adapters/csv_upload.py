"""Turns CSV files into the tables that are judged: a format's layout says what is where."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from operator import itemgetter
from typing import TypeAlias

from hwb_mis_ingest.adapters.archive import Archive, CsvFile
from hwb_mis_ingest.adapters.limits import Limits
from hwb_mis_ingest.adapters.mapping import NOWHERE
from hwb_mis_ingest.domain.judgement import STAFF_ROLES
from hwb_mis_ingest.domain.rows import COLUMNS, Mode, Place, Row, Table
from hwb_mis_ingest.errors import header_only, malformed, missing_columns, too_large

# Lines of a table's second source are counted from here on, so that one number names file and line.
LINES_OF_A_SOURCE = 100_000_000

Pick: TypeAlias = Callable[[list[str]], tuple[str, ...]]
"""Takes a row's values, in the order of the table's columns, from its cells."""


@dataclass(frozen=True, slots=True)
class Source:
    """Where one value of a row comes from: a column, or the constant where there is none.

    ``optional``: the column may be missing from the file; then it is the constant.
    """

    column: str = ""
    constant: str = ""
    optional: bool = False
    convert: Callable[[str], str] | None = None

    @property
    def is_plain(self) -> bool:
        return bool(self.column) and not self.optional and self.convert is None


def mapped(
    place: str | None, default: Source, *, convert: Callable[[str], str] | None = None
) -> Source:
    """Where the mapping file says it is, else where the format has it."""
    if place is None:
        return default
    return Source() if place == NOWHERE else Source(place, convert=convert)


@dataclass(frozen=True, slots=True)
class Join:
    """Rows of another file about the same people; ``prefix`` goes before its columns' names.

    ``rank`` is given the other row's cells by column name; the highest is taken.
    """

    file: str
    key: str
    prefix: str
    rank: Callable[[Mapping[str, str]], tuple[int, ...]]


@dataclass(frozen=True, slots=True)
class Part:
    """One file that rows of a table come from, with a source for each column of the table.

    ``staff_sources`` are taken where the row's role is one of staff. ``said_elsewhere``: what is
    wrong with the file's rows as such is reported of another table.
    """

    file: str
    sources: tuple[Source, ...]
    staff_sources: tuple[Source, ...] | None = None
    join: Join | None = None
    said_elsewhere: bool = False

    @property
    def by_kind(self) -> tuple[tuple[Source, ...], ...]:
        return (self.sources,) if self.staff_sources is None else (self.sources, self.staff_sources)


@dataclass(frozen=True, slots=True)
class Layout:
    """What of an upload is where. ``made`` are rows that no file holds as such.

    ``need_rows`` are tables that are never taken as empty.
    """

    format: str
    parts: Mapping[Table, tuple[Part, ...]]
    made: Mapping[Table, Callable[[], Iterator[Row]]] = field(default_factory=dict)
    modes: Mapping[Table, Mode] = field(default_factory=dict)
    need_rows: tuple[Table, ...] = ()


class CsvUpload:
    """A zip read by a layout. Reading streams: memory does not grow with it."""

    def __init__(self, archive: Archive, layout: Layout) -> None:
        self._archive = archive
        self._layout = layout
        self.format = layout.format

    def mode(self, table: Table) -> Mode:
        return self._layout.modes.get(table, Mode.BULK)

    def rows(self, table: Table) -> Iterator[Row]:
        """The rows of a table. Raises UploadRefusedError where a file cannot be read to its end."""
        if self.mode(table) is Mode.ABSENT:
            return
        if table in self._layout.made:
            yield from self._layout.made[table]()
            return
        first = 0
        for part in self._layout.parts.get(table, ()):
            yield from self._rows_of(table, part, first)
            first += len(part.by_kind) * LINES_OF_A_SOURCE

    def place(self, table: Table, line: int, column: str) -> Place:
        sources = [
            (part.file, sources)
            for part in self._layout.parts.get(table, ())
            for sources in part.by_kind
        ]
        number, own_line = divmod(line, LINES_OF_A_SOURCE)
        if not sources:
            return Place(f"{table}.csv", own_line, column)
        file, of_columns = sources[number]
        if column in COLUMNS[table]:
            column = of_columns[COLUMNS[table].index(column)].column or column
        return Place(self._archive.actual_name(file), own_line, column)

    def check(self, limits: Limits) -> None:
        """Read everything once: whatever refuses the upload whole is found before it is taken."""
        total = 0
        for table in Table:
            found = self._count(table)
            if not found and table in self._layout.need_rows and self.mode(table) is Mode.BULK:
                parts = self._layout.parts.get(table, ())
                raise header_only(" and ".join(part.file for part in parts) or f"{table}.csv")
            total += found
        if total > limits.rows:
            raise too_large(f"It has {total} rows; at most {limits.rows} are taken.")

    def _count(self, table: Table) -> int:
        """How many rows a table has, without making them: they are only read to their end."""
        if self.mode(table) is Mode.ABSENT or table in self._layout.made:
            return sum(1 for _ in self.rows(table))
        count = 0
        for part in self._layout.parts.get(table, ()):
            file, *_ = self._opened(table, part)
            whole, broken = file.count()
            count += whole if part.said_elsewhere else whole + broken
        return count

    def _opened(
        self, table: Table, part: Part
    ) -> tuple[CsvFile, list[str], "_Joined | None", list[Pick]]:
        """The file, all columns' names, the rows to join, and how to take values, by kind."""
        file = self._archive.csv(part.file)
        header = file.header
        joined: _Joined | None = None
        if part.join is not None:
            joined = _Joined(self._archive, part.join)
            header = header + joined.header
        picks = [_picker(file.name, header, sources, COLUMNS[table]) for sources in part.by_kind]
        return file, header, joined, picks

    def _rows_of(self, table: Table, part: Part, first: int) -> Iterator[Row]:
        file, header, joined, picks = self._opened(table, part)
        role = COLUMNS[table].index("role") if len(picks) > 1 else -1
        local_id = _index(header, part.sources[0].column, file.name)
        key = _index(file.header, "sourcedid", file.name) if joined else None
        pick = picks[0]
        is_plain = joined is None and role < 0
        for line, cells, broken in file.rows():
            if is_plain and cells is not None:
                yield Row(first + line, pick(cells))
                continue
            if cells is None and part.said_elsewhere:
                continue
            if cells is None:
                found = (
                    broken[local_id].strip()
                    if local_id is not None and local_id < len(broken)
                    else ""
                )
                yield Row(first + line, None, _converted(part.sources[0], found))
                continue
            if joined is not None and key is not None:
                more = joined.of(cells[key].strip())
                if more is None:
                    yield Row(first + line, None, cells[key].strip())
                    continue
                all_cells = cells + more
            else:
                all_cells = cells
            values = pick(all_cells)
            if role >= 0 and values[role] in STAFF_ROLES:
                yield Row(first + LINES_OF_A_SOURCE + line, picks[1](all_cells))
            else:
                yield Row(first + line, values)


class _Joined:
    """The other file's best row for each person."""

    def __init__(self, archive: Archive, join: Join) -> None:
        self.header: list[str] = []
        self._best: dict[str, tuple[tuple[int, ...], list[str]]] = {}
        self._broken: set[str] = set()
        if join.file not in archive:
            return
        file = archive.csv(join.file)
        key = _index(file.header, join.key, file.name)
        if key is None:
            raise missing_columns(file.name, [join.key])
        self.header = [f"{join.prefix}.{name}" for name in file.header]
        for line, cells, broken in file.rows():
            if cells is None:
                if key >= len(broken):
                    raise malformed(
                        file.name, line, "the row is cut off before it says whose it is"
                    )
                self._broken.add(broken[key].strip())
                continue
            rank = join.rank(dict(zip(file.header, map(str.strip, cells), strict=True)))
            person = cells[key].strip()
            best = self._best.get(person)
            if best is None or rank > best[0]:
                self._best[person] = (rank, cells)
        self._blank = [""] * len(self.header)

    def of(self, person: str) -> list[str] | None:
        """The cells to add; None where a row about the person is broken."""
        if person in self._broken:
            return None
        best = self._best.get(person)
        return [""] * len(self.header) if best is None else best[1]


def _picker(
    file: str, header: list[str], sources: tuple[Source, ...], columns: tuple[str, ...]
) -> Pick:
    missing = [
        source.column
        for source in sources
        if source.column and not source.optional and _index(header, source.column, file) is None
    ]
    if missing:
        raise missing_columns(file, missing)
    if all(source.is_plain for source in sources) and len(columns) > 1:
        indexes = [_index(header, source.column, file) for source in sources]
        pick = itemgetter(*[index for index in indexes if index is not None])
        return lambda cells: tuple(map(str.strip, pick(cells)))
    steps = [
        (_index(header, source.column, file) if source.column else None, source)
        for source in sources
    ]
    return lambda cells: tuple(
        [
            source.constant if index is None else _converted(source, cells[index].strip())
            for index, source in steps
        ]
    )


def _converted(source: Source, cell: str) -> str:
    return cell if source.convert is None else source.convert(cell)


def _index(header: list[str], column: str, file: str) -> int | None:
    """Where a column is, once and without regard to case; the file's own name may precede it."""
    name = column.lower()
    stem = file.lower().removesuffix(".csv") + "."
    for candidate in (name, name.removeprefix(stem)):
        if header.count(candidate) == 1:
            return header.index(candidate)
    return None
