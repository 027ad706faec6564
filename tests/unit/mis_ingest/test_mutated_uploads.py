"""Spoilt uploads of every format, judged by an oracle that knows nothing of our parsers.

A thousand in ``make test``; ``make test-deep`` sets HWB_MUTATED_UPLOADS to 100,000. Every parser
has its share, and half of each share changes cells inside a valid file. The seed of a failing
upload is in the message: ``HWB_MUTATED_FROM=<seed> HWB_MUTATED_UPLOADS=1`` repeats it.
"""

import json
import os
import random
import time
from collections import Counter
from typing import NamedTuple
from xml.sax.saxutils import escape

import pytest
from tests.support import upload_oracle as oracle
from tests.support.ctf_export import ctf, pupil
from tests.support.mutations import column_of, other_value_for, spoil_bytes, spoil_cells
from tests.support.oneroster_1_2 import oneroster_1_2
from tests.support.school_export import SCHOOL, small_school, upn, zip_of
from tests.support.sds_export import sds_1, sds_2_1

from hwb_mis_ingest.adapters.limits import Limits
from hwb_mis_ingest.adapters.upload import UploadReader
from hwb_mis_ingest.domain.merged import LastSaid, MergedFiles
from hwb_mis_ingest.domain.rows import Rejection
from hwb_mis_ingest.domain.snapshot import NobodyThereError, WrongSchoolError, assemble
from hwb_mis_ingest.errors import UploadRefusedError

READER = UploadReader(Limits(unpacked_bytes=10_000_000, rows=100_000))
UPLOADS = int(os.environ.get("HWB_MUTATED_UPLOADS", "1000"))
FIRST = int(os.environ.get("HWB_MUTATED_FROM", "1"))
FORMATS = ("oneroster", "oneroster-1.2", "sds-2.1", "sds-1", "jsonl", "ctf")
CELLS, FILE = "a cell inside a valid file", "the file itself"
LONGEST_SECONDS = 5.0  # of this process alone: another one's work does not count
ZIPS = {
    "oneroster": (small_school().csv_files(), oracle.oneroster),
    "oneroster-1.2": (oneroster_1_2(), oracle.oneroster_1_2),
    "sds-2.1": (sds_2_1(), oracle.sds_2_1),
    "sds-1": (sds_1(), oracle.sds_1),
}
NEVER_SPOILT = {"manifest.csv", "hwb-mapping.yaml"}


def verdict_of(data: bytes) -> oracle.Verdict | None:
    """What became of an upload; None where it was refused whole."""
    try:
        READER.check(data, SCHOOL)
        files = MergedFiles(READER.open(data), LastSaid([], []))
        snapshot = assemble(files, school=SCHOOL, published_classes={})
    except (UploadRefusedError, WrongSchoolError, NobodyThereError):
        return None
    return oracle.Verdict(
        {(one.kind.value, one.code) for one in snapshot.people},
        {(one.file, _line(one), one.field, one.reason.value) for one in snapshot.rejections},
    )


def _line(rejection: Rejection) -> int:
    """The plain reading of XML knows no lines."""
    return 1 if rejection.file == "ctf.xml" else rejection.line


def expected_of(tables: "oracle.Tables | None", *, is_whole: bool) -> oracle.Verdict | None:
    if tables is None:
        return None
    try:
        return oracle.judge(tables, SCHOOL, is_whole=is_whole)
    except oracle.RefuseError:
        return None


class Spoilt(NamedTuple):
    """An upload that somebody spoilt, what was spoilt of it, and what must become of it."""

    format: str
    what: str
    data: bytes
    expected: oracle.Verdict | None


def spoilt(seed: int) -> Spoilt:
    """The upload of this seed: formats take turns, and so do cells and whole files."""
    chance = random.Random(seed)
    turn, number = divmod(seed, len(FORMATS))
    format_, what = FORMATS[number], (CELLS, FILE)[turn % 2]
    if format_ in ZIPS:
        files = _spoilt_files(ZIPS[format_][0], what, chance)
        try:
            tables: oracle.Tables | None = ZIPS[format_][1](files)
        except (oracle.RefuseError, KeyError):
            tables = None
        return Spoilt(format_, what, zip_of(files), expected_of(tables, is_whole=True))
    data = _spoilt_text(format_, what, chance)
    try:
        tables = _tables_of(format_, data)
    except oracle.RefuseError:
        tables = None
    return Spoilt(format_, what, data, expected_of(tables, is_whole=format_ == "jsonl"))


def _spoilt_files(source: dict[str, str], what: str, chance: random.Random) -> dict[str, bytes]:
    files = {name: text.encode() for name, text in source.items()}
    name = chance.choice(sorted(set(files) - NEVER_SPOILT))
    if what == CELLS:
        files[name] = spoil_cells(source[name], chance).encode()
    elif chance.random() < 0.05:
        del files[name]
    else:
        files[name] = spoil_bytes(files[name], chance)
    return files


def _spoilt_text(format_: str, what: str, chance: random.Random) -> bytes:
    if what == CELLS:
        return _spoilt_lines(chance) if format_ == "jsonl" else _spoilt_ctf(chance)
    return spoil_bytes(small_school().jsonl() if format_ == "jsonl" else ctf(), chance)


def _tables_of(format_: str, data: bytes) -> "oracle.Tables | None":
    """As the format's first bytes say; what is neither XML nor JSON is no upload."""
    begins = data.removeprefix(b"\xef\xbb\xbf").lstrip()
    if format_ == "ctf":
        return oracle.ctf(begins) if begins.startswith(b"<") else None
    return oracle.json_lines(begins) if begins.startswith(b"{") else None


def _spoilt_lines(chance: random.Random) -> bytes:
    export = small_school()
    for _ in range(chance.randint(1, 3)):
        name = chance.choice(sorted(export.rows))
        row = chance.choice(export.rows[name])
        columns = oracle.NEEDED[name].split()
        column = columns[column_of(columns, chance)]
        row[column] = other_value_for(column, row.get(column, ""), chance)
    return export.jsonl()


PUPIL = {
    "upn": "UPN",
    "surname": "Surname",
    "number": "AdmissionNumber",
    "entry date": "EntryDate",
    "leaving date": "LeavingDate",
    "grade": "NCyearActual",
    "status": "EnrolStatus",
    "former upn": "FormerUPN",
}
"""What may be spoilt of a pupil, and its element."""


def _spoilt_ctf(chance: random.Random) -> bytes:
    people = [
        {
            "upn": upn(number),
            "surname": "Parry",
            "number": "000001",
            "entry date": "2021-09-01",
            "leaving date": "",
            "grade": "7",
            "status": "C",
            "former upn": "",
        }
        for number in (1, 2)
    ]
    for _ in range(chance.randint(1, 3)):
        row = chance.choice(people)
        name = chance.choice(sorted(PUPIL))
        # A character that no XML may have would spoil the file and not the cell.
        row[name] = other_value_for(name, row[name], chance).replace("\x07", "?")
    return ctf(*(_pupil(row) for row in people))


def _pupil(row: dict[str, str]) -> str:
    more = "".join(
        f"<{element}>{escape(row[name])}</{element}>"
        for name, element in PUPIL.items()
        if name not in {"upn", "surname"}
    )
    return pupil(escape(row["upn"]), surname=escape(row["surname"]), more=more)


@pytest.mark.timeout(7200)
def test_nothing_is_accepted_that_the_rules_refuse_and_nothing_refused_that_they_accept() -> None:
    outcomes: Counter[str] = Counter()
    shares: Counter[tuple[str, str]] = Counter()
    for seed in range(FIRST, FIRST + UPLOADS):
        one = spoilt(seed)
        began = time.process_time()
        found = verdict_of(one.data)
        assert time.process_time() - began < LONGEST_SECONDS, f"seed {seed} ({one.format}) hangs"
        assert found == one.expected, f"seed {seed} ({one.format})"
        shares[one.format, one.what] += 1
        if one.expected is None:
            outcomes["refused whole"] += 1
        else:
            outcomes["rows rejected" if one.expected.faults else "taken whole"] += 1
    print(f"\n{UPLOADS} mutated uploads: {json.dumps(outcomes)}")  # noqa: T201 - read by people
    for (format_, what), count in sorted(shares.items()):
        print(f"  {count} of {format_}, in {what}")  # noqa: T201 - read by people
    if UPLOADS >= 1000:
        assert all(outcomes[what] > UPLOADS / 20 for what in ("refused whole", "rows rejected"))
        assert outcomes["taken whole"] > UPLOADS / 20
        _every_parser_has_its_share_and_half_of_it_in_cells(shares)


def _every_parser_has_its_share_and_half_of_it_in_cells(shares: Counter[tuple[str, str]]) -> None:
    a_share = UPLOADS / len(FORMATS) / 2
    for format_ in FORMATS:
        for what in (CELLS, FILE):
            assert abs(shares[format_, what] - a_share) <= 1, f"{format_}, {what}"


@pytest.mark.parametrize("seed", range(24))
def test_what_is_spoilt_differs_from_the_valid_file(seed: int) -> None:
    one = spoilt(seed)
    valid = {
        **{name: zip_of(files) for name, (files, _) in ZIPS.items()},
        "jsonl": small_school().jsonl(),
        "ctf": ctf(),
    }
    assert verdict_of(valid[one.format]) is not None
    assert one.data != valid[one.format]
