"""What makes a file refused whole, in both forms; each refusal says that nothing was changed."""

import io
import json
import random
import zipfile

import pytest
from tests.support.ctf_export import ctf
from tests.support.school_export import SCHOOL, small_school, zip_of

from hwb_mis_ingest.adapters.limits import Limits
from hwb_mis_ingest.adapters.upload import UploadReader
from hwb_mis_ingest.errors import UploadRefusedError

READER = UploadReader(Limits(unpacked_bytes=10_000_000, rows=100_000))


def refusal_of(data: bytes, *, school: str = SCHOOL, reader: UploadReader = READER) -> str:
    with pytest.raises(UploadRefusedError) as refused:
        reader.check(data, school)
    assert refused.value.detail.startswith("Nothing was changed.")
    return refused.value.code


def test_both_forms_of_a_good_school_are_known_by_their_content() -> None:
    export = small_school()

    assert READER.check(export.zip(), SCHOOL) == "oneroster-1.1-zip"
    assert READER.check(export.jsonl(), SCHOOL) == "oneroster-1.1-jsonl"
    assert READER.check(b"\xef\xbb\xbf" + export.jsonl(), SCHOOL) == "oneroster-1.1-jsonl"


@pytest.mark.parametrize("data", [b"", b"name,upn\n", b"%PDF-1.7", b"<html/>", b"\x00" * 40])
def test_a_foreign_file_is_refused(data: bytes) -> None:
    assert refusal_of(data) == "not_a_known_format"


def test_a_zip_cut_off_anywhere_is_refused() -> None:
    data = small_school().zip()
    for end in range(4, len(data) - 1, 97):
        assert refusal_of(data[:end]) == "truncated"


def test_a_zip_with_a_flipped_byte_is_never_taken_for_another_school() -> None:
    data = small_school().zip()
    chance = random.Random(7)
    for _ in range(300):
        broken = bytearray(data)
        broken[chance.randrange(4, len(data))] ^= 1 << chance.randrange(8)
        try:
            READER.check(bytes(broken), SCHOOL)
        except UploadRefusedError:
            continue


def test_json_lines_cut_off_at_any_line_are_refused() -> None:
    lines = small_school().jsonl().splitlines(keepends=True)
    for count in range(1, len(lines)):
        assert refusal_of(b"".join(lines[:count])) == "truncated"
    assert refusal_of(b"".join(lines)[:-30]) == "truncated"


def test_json_lines_with_a_line_missing_in_the_middle_are_refused() -> None:
    lines = small_school().jsonl().splitlines(keepends=True)
    del lines[5]
    assert refusal_of(b"".join(lines)) == "truncated"


def test_a_file_of_another_school_is_refused_and_says_which() -> None:
    for data in (small_school().zip(), small_school().jsonl()):
        with pytest.raises(UploadRefusedError, match="6604027") as refused:
            READER.check(data, "6604028")
        assert refused.value.code == "wrong_school"


@pytest.mark.parametrize("name", ["manifest.csv", "users.csv", "demographics.csv"])
def test_a_missing_file_is_named(name: str) -> None:
    files = small_school().csv_files()
    del files[name]
    with pytest.raises(UploadRefusedError, match=name) as refused:
        READER.check(zip_of(files), SCHOOL)
    assert refused.value.code == "missing_file"


def test_files_in_a_folder_of_the_zip_are_not_at_its_top_level() -> None:
    files = {f"export/{name}": text for name, text in small_school().csv_files().items()}
    assert refusal_of(zip_of(files)) == "missing_file"


@pytest.mark.parametrize("column", ["metadata.leavingDate", "identifier", "sourcedId"])
def test_a_missing_column_is_named(column: str) -> None:
    files = small_school().csv_files()
    files["users.csv"] = files["users.csv"].replace(column, "somethingElse", 1)
    with pytest.raises(UploadRefusedError, match=column.replace(".", r"\.")) as refused:
        READER.check(zip_of(files), SCHOOL)
    assert refused.value.code == "missing_column"


def test_the_case_of_a_header_does_not_matter_and_more_columns_are_let_be() -> None:
    files = small_school().csv_files()
    header, rest = files["users.csv"].split("\n", 1)
    rows = [f"{row},extra" for row in rest.splitlines()]
    files["users.csv"] = "\ufeff" + "\n".join([header.upper() + ",metadata.house", *rows]) + "\n"

    assert READER.check(zip_of(files), SCHOOL)


@pytest.mark.parametrize("table", ["users", "classes", "enrollments"])
def test_a_header_only_file_is_never_everyone_left(table: str) -> None:
    files = small_school().csv_files()
    files[f"{table}.csv"] = files[f"{table}.csv"].split("\n", 1)[0] + "\n"
    assert refusal_of(zip_of(files)) == "no_rows"

    export = small_school()
    export.rows[table] = []
    assert refusal_of(export.jsonl()) == "no_rows"


def test_an_empty_file_in_the_zip_has_no_columns() -> None:
    files = small_school().csv_files()
    files["users.csv"] = ""
    assert refusal_of(zip_of(files)) == "missing_column"


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("oneroster.version,1.1", "oneroster.version,1.3"),
        ("oneroster.version,1.1\n", ""),
        ("file.users,bulk", "file.users,some"),
        ("file.classes,bulk\n", ""),
    ],
)
def test_only_a_whole_snapshot_in_oneroster_1_1_is_taken(before: str, after: str) -> None:
    files = small_school().csv_files()
    files["manifest.csv"] = files["manifest.csv"].replace(before, after)
    assert refusal_of(zip_of(files)) == "not_a_whole_snapshot"


@pytest.mark.parametrize("written", [b"\x81\x8d", "Siân".encode("utf-16")])
def test_another_encoding_is_refused_instead_of_spoiling_names(written: bytes) -> None:
    files: dict[str, str | bytes] = dict(small_school().csv_files())
    users = str(files["users.csv"]).encode()
    files["users.csv"] = written + users if written[:2] == b"\xff\xfe" else users + written
    assert refusal_of(zip_of(files)) == "not_utf8"


@pytest.mark.parametrize(
    "name", ["../users.csv", "/etc/passwd", "C:users.csv", "a/../../users.csv", "..\\users.csv"]
)
def test_a_zip_that_names_a_place_outside_itself_is_refused(name: str) -> None:
    files = small_school().csv_files()
    files[name] = "x"
    assert refusal_of(zip_of(files)) == "path_in_zip"


def test_a_link_in_a_zip_is_refused() -> None:
    packed = io.BytesIO(small_school().zip())
    with zipfile.ZipFile(packed, "a") as archive:
        link = zipfile.ZipInfo("passwords.csv")
        link.external_attr = 0o120777 << 16
        archive.writestr(link, "/etc/passwd")
    assert refusal_of(packed.getvalue()) == "path_in_zip"


def test_a_zip_bomb_is_refused_before_it_is_unpacked() -> None:
    files = small_school().csv_files()
    files["resources.csv"] = "0" * 5_000_000
    assert refusal_of(zip_of(files)) == "compressed_too_much"


def test_an_upload_that_takes_too_long_is_refused() -> None:
    export = small_school()
    for serial in range(100, 1300):
        export.learner(serial % 1000, sourcedId=f"L{serial}")
    slow = UploadReader(Limits(unpacked_bytes=10_000_000, rows=100_000, seconds=-1.0))
    assert refusal_of(export.zip(), reader=slow) == "too_slow"
    assert refusal_of(export.jsonl(), reader=slow) == "too_slow"
    assert refusal_of(ctf(), reader=slow) == "too_slow"


def test_a_quote_that_is_never_closed_does_not_swallow_the_rest() -> None:
    files = small_school().csv_files()
    files["users.csv"] = files["users.csv"].replace("Gwen", '"Gwen', 1)
    assert refusal_of(zip_of(files)) == "malformed"


def test_a_zip_that_unpacks_to_too_much_is_refused_before_it_is_unpacked() -> None:
    files = small_school().csv_files()
    files["resources.csv"] = "0" * 5_000_000
    small = UploadReader(Limits(unpacked_bytes=1_000_000, rows=1000))
    assert refusal_of(zip_of(files), reader=small) == "too_large"


def test_too_many_rows_are_refused() -> None:
    small = UploadReader(Limits(unpacked_bytes=1_000_000, rows=5))
    assert refusal_of(small_school().zip(), reader=small) == "too_large"
    assert refusal_of(small_school().jsonl(), reader=small) == "too_large"
    one = UploadReader(Limits(unpacked_bytes=1_000_000, rows=1))
    assert refusal_of(ctf(), reader=one) == "too_large"


def test_too_many_bytes_are_refused_in_every_form() -> None:
    small = UploadReader(Limits(unpacked_bytes=500, rows=100_000))
    for data in (small_school().zip(), small_school().jsonl(), ctf()):
        assert refusal_of(data, reader=small) == "too_large"


@pytest.mark.parametrize(
    ("line", "code"),
    [
        ("{", "malformed"),
        ("[1]", "malformed"),
        ('{"type": "user", "identifier": {"upn": 1}}', "malformed"),
        ('{"type": "user", "metadata.leavingdate": "2022-08-31"}', "unknown_field"),
        ('{"type": "guardian"}', "unknown_field"),
        ('{"sourcedId": "1"}', "unknown_field"),
        ('{"type": ["user"]}', "unknown_field"),
    ],
)
def test_a_line_that_is_not_of_the_format_refuses_the_file(line: str, code: str) -> None:
    lines = small_school().jsonl().decode().splitlines()
    lines[3] = line
    assert refusal_of("\n".join(lines).encode()) == code


def test_json_lines_must_begin_with_their_manifest() -> None:
    lines = small_school().jsonl().decode().splitlines()
    lines[0] = json.dumps({"type": "manifest", "version": "2"})
    assert refusal_of("\n".join(lines).encode()) == "not_a_whole_snapshot"
    lines[0] = lines[1]
    assert refusal_of("\n".join(lines).encode()) == "not_a_whole_snapshot"
