"""Spoils uploads: cells inside valid files, and the files themselves."""

import csv
import io
import random
from collections.abc import Callable

from tests.support.school_export import upn

VALUES = (
    "", " ", "0", "x", "-", "é", "ŵ", "O'Brien", '"', '""', ",", "a,b", "two\nlines", "tab\tbed",
    "\x07", "\u2028", "null", "=1+1", "x" * 200, "x" * 201, "tobedeleted", "active",
    "student", "teacher", "professor", "administrator", "parent", "Teacher", "S1", "S1,S2", "D1",
    "S9", "L1", "L2", "TMLL", "1", "2", "3", "C1", "C7A", "C7B", "7A", "Y1", "Y",
    "7", "07", "14", "15", "N1", "R", "Year 7", "C", "M", "S", "G", "c",
    "2022-08-31", "2022-02-30", "2024-02-29", "31/08/2022", "8/31/2022", "1.1.2020", "20220831",
    "2022-8-31", "1899-12-31", "2200-01-01", "٢٠٢٢-08-31", "2022", "2021", "TRUE",
    upn(1), upn(2), upn(3), upn(77), upn(8, temporary="A"), upn(8, temporary="Z"), upn(9).lower(),
    "A660402719009", "I660402719009", upn(9)[:-1] + "S", upn(9) + "0", "6604027", "6604028",
)  # fmt: skip


WRONG_UPNS = (
    upn(2), upn(77), upn(8, temporary="A"), upn(9).lower(), "A660402719009", "B660402719009",
    "I660402719009", upn(9)[:-1] + "S", upn(9) + "0", "",
)  # fmt: skip
DATES = (
    "2022-08-31",
    "2022-02-30",
    "31/08/2022",
    "8/31/2022",
    "1899-12-31",
    "2022-8-31",
    "",
    "soon",
)
TELLING: dict[str, tuple[str, ...]] = {
    "identifier": (*WRONG_UPNS, "MLL", "RHJ", "6604028"),
    "upn": WRONG_UPNS,
    "state id": WRONG_UPNS,
    "username": ("", "MLL"),
    "teacher number": ("", "MLL"),
    "grade": ("R", "N2", "0", "15", "07", "Year 7"),
    "status": ("C", "M", "S", "G", "c", "X", "tobedeleted"),
    "date": DATES,
    "role": ("student", "teacher", "professor", "parent", ""),
    "org": ("S1", "S9", "D1", "S1,S9"),
    "school sis id": ("S1", "S9"),
    "name": ("", " ", "x" * 201),
    "number": ("", "000001"),
    "term": ("Y1", "Y9", "", "Y1,Y1"),
    "code": ("7A", "7B", ""),
    "sourcedid": ("L1", "TMLL", "C7A", "C1", "", "9"),
}
"""Values that a rule is about, by what is in a column's name."""


def value_for(column: str, chance: random.Random) -> str:
    """Mostly a value that tells something in such a column, else any."""
    pool = next((pool for part, pool in TELLING.items() if part in column.lower()), VALUES)
    return chance.choice(pool if chance.random() < 0.7 else VALUES)


def other_value_for(column: str, present: str, chance: random.Random) -> str:
    """Such a value that is not the present one."""
    while (value := value_for(column, chance)) == present:
        pass
    return value


def column_of(columns: list[str], chance: random.Random) -> int:
    """Mostly a column that a rule is about."""
    telling = [
        number
        for number, name in enumerate(columns)
        if any(part in name.lower() for part in TELLING)
    ]
    if telling and chance.random() < 0.8:
        return chance.choice(telling)
    return chance.randrange(len(columns))


def spoil_cells(text: str, chance: random.Random) -> str:
    """One to three cells of a CSV file get another value; the file stays well-formed."""
    rows = list(csv.reader(io.StringIO(text, newline="")))
    for _ in range(chance.randint(1, 3)):
        row = chance.choice(rows[1:])
        column = column_of(rows[0], chance)
        row[column] = other_value_for(rows[0][column], row[column], chance)
    written = io.StringIO(newline="")
    csv.writer(written, lineterminator="\n").writerows(rows)
    return written.getvalue()


def spoil_bytes(data: bytes, chance: random.Random) -> bytes:
    """The file itself is damaged, cut, doubled or written in another way."""
    while (spoilt := chance.choice(_DAMAGES)(data, chance)) == data:
        pass
    return spoilt


def _flip(data: bytes, chance: random.Random) -> bytes:
    spoilt = bytearray(data)
    for _ in range(chance.randint(1, 4)):
        spoilt[chance.randrange(len(spoilt))] ^= 1 << chance.randrange(8)
    return bytes(spoilt)


def _cut(data: bytes, chance: random.Random) -> bytes:
    return data[: chance.randrange(len(data))]


def _insert(data: bytes, chance: random.Random) -> bytes:
    at = chance.randrange(len(data))
    what = chance.choice([b'"', b",", b"\n", b"\r", b"\x00", b"\xff", b"\xc5\xb5", b"<", b"&"])
    return data[:at] + what + data[at:]


def _drop_line(data: bytes, chance: random.Random) -> bytes:
    lines = data.splitlines(keepends=True)
    del lines[chance.randrange(len(lines))]
    return b"".join(lines)


def _double_line(data: bytes, chance: random.Random) -> bytes:
    lines = data.splitlines(keepends=True)
    at = chance.randrange(len(lines))
    return b"".join([*lines[: at + 1], *lines[at:]])


def _header_only(data: bytes, _: random.Random) -> bytes:
    return data.splitlines(keepends=True)[0]


def _carriage_returns(data: bytes, _: random.Random) -> bytes:
    return data.replace(b"\n", b"\r\n")


def _bom(data: bytes, _: random.Random) -> bytes:
    return b"\xef\xbb\xbf" + data


def _semicolons(data: bytes, _: random.Random) -> bytes:
    return data.replace(b",", b";")


def _windows(data: bytes, _: random.Random) -> bytes:
    return data.replace(b"Gwen", "Siân".encode("cp1252")).replace(b"Ben", b"B\xe9n")


_DAMAGES: list[Callable[[bytes, random.Random], bytes]] = [
    _flip,
    _cut,
    _insert,
    _drop_line,
    _double_line,
    _header_only,
    _carriage_returns,
    _bom,
    _semicolons,
    _windows,
]
