"""Spoilt uploads of every format, judged by an oracle that knows nothing of our parsers.

A thousand in ``make test``; ``make test-deep`` sets HWB_MUTATED_UPLOADS to 100,000. The seed of a
failing upload is in the message: ``HWB_MUTATED_FROM=<seed> HWB_MUTATED_UPLOADS=1`` repeats it.
"""

import json
import os
import random
import time
from collections import Counter

import pytest
from tests.support import upload_oracle as oracle
from tests.support.ctf_export import ctf, pupil
from tests.support.mutations import column_of, spoil_bytes, spoil_cells, value_for
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
LONGEST_SECONDS = 5.0
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


def spoilt(seed: int) -> tuple[str, bytes, oracle.Verdict | None]:
    """The format, the bytes and what must become of them."""
    chance = random.Random(seed)
    format_ = FORMATS[seed % len(FORMATS)]
    changes_cells = chance.random() < 0.5
    tables: oracle.Tables | None
    if format_ in ZIPS:
        source, read = ZIPS[format_]
        files = {name: text.encode() for name, text in source.items()}
        name = chance.choice(sorted(set(files) - NEVER_SPOILT))
        if changes_cells:
            files[name] = spoil_cells(source[name], chance).encode()
        elif chance.random() < 0.05:
            del files[name]
        else:
            files[name] = spoil_bytes(files[name], chance)
        try:
            tables = read(files)
        except (oracle.RefuseError, KeyError):
            tables = None
        return format_, zip_of(files), expected_of(tables, is_whole=True)
    data = _spoilt_lines(chance) if format_ == "jsonl" else _spoilt_ctf(chance)
    if not changes_cells:
        whole = small_school().jsonl() if format_ == "jsonl" else ctf()
        data = spoil_bytes(whole, chance)
    try:
        tables = _tables_of(format_, data)
    except oracle.RefuseError:
        tables = None
    return format_, data, expected_of(tables, is_whole=format_ == "jsonl")


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
        row[column] = value_for(column, chance)
    return export.jsonl()


def _spoilt_ctf(chance: random.Random) -> bytes:
    def element(name: str, column: str, usual: str = "") -> str:
        return f"<{name}>{value(column, usual)}</{name}>"

    def value(column: str, usual: str) -> str:
        text = value_for(column, chance) if chance.random() < 0.15 else usual
        text = text.replace("\x07", "?").replace("&", "&amp;").replace("<", "&lt;")
        return text.replace('"', "&quot;")

    people = []
    for number in (1, 2):
        more = (
            element("AdmissionNumber", "number", "000001"),
            element("EntryDate", "date", "2021-09-01"),
            element("LeavingDate", "date"),
            element("NCyearActual", "grade", "7"),
            element("EnrolStatus", "status", "C"),
            element("FormerUPN", "upn"),
        )
        code, surname = value("upn", upn(number)), value("name", "Parry")
        people.append(pupil(code, surname=surname, more="".join(more)))
    return ctf(*people)


@pytest.mark.timeout(3600)
def test_nothing_is_accepted_that_the_rules_refuse_and_nothing_refused_that_they_accept() -> None:
    outcomes: Counter[str] = Counter()
    for seed in range(FIRST, FIRST + UPLOADS):
        format_, data, expected = spoilt(seed)
        began = time.monotonic()
        found = verdict_of(data)
        assert time.monotonic() - began < LONGEST_SECONDS, f"seed {seed} ({format_}) hangs"
        assert found == expected, f"seed {seed} ({format_})"
        if expected is None:
            outcomes["refused whole"] += 1
        else:
            outcomes["rows rejected" if expected.faults else "taken whole"] += 1
    print(f"\n{UPLOADS} mutated uploads: {json.dumps(outcomes)}")  # noqa: T201 - read by people
    if UPLOADS >= 1000:
        assert all(outcomes[what] > UPLOADS / 20 for what in ("refused whole", "rows rejected"))
        assert outcomes["taken whole"] > UPLOADS / 20
