"""Both forms of an upload carry the same rows, in the layout that schools send."""

import csv
import io
import json
import zipfile
from datetime import UTC, datetime

import pytest
from tests.support.school_export import KINDS

from hwb_rehearsal.snapshots.forms import json_lines, line_of_user, oneroster_zip
from hwb_rehearsal.world.rows import Snapshot
from hwb_rehearsal.world.schools import TINY
from hwb_rehearsal.world.wales import build_wales


@pytest.fixture(scope="module")
def snapshot() -> Snapshot:
    wales = build_wales(seed=1, size=TINY)
    roll = next(iter(wales.rolls.values()))
    return roll.snapshot("2021-22", datetime(2022, 5, 9, tzinfo=UTC))


def tables_of_zip(data: bytes) -> dict[str, list[dict[str, str]]]:
    with zipfile.ZipFile(io.BytesIO(data)) as folder:
        return {
            name.removesuffix(".csv"): list(
                csv.DictReader(io.StringIO(folder.read(name).decode(), newline=""))
            )
            for name in folder.namelist()
        }


def test_the_zip_is_the_same_each_time(snapshot: Snapshot) -> None:
    assert oneroster_zip(snapshot) == oneroster_zip(snapshot)


def test_both_forms_say_the_same(snapshot: Snapshot) -> None:
    tables = tables_of_zip(oneroster_zip(snapshot))
    lines = [json.loads(line) for line in json_lines(snapshot).splitlines()]
    for name, kind in KINDS.items():
        said = [
            {key: value for key, value in line.items() if key != "type"}
            for line in lines
            if line["type"] == kind
        ]
        filled = [
            {key: value for key, value in row.items() if value and key != "type"}
            for row in tables[name]
        ]
        assert said == filled


def test_json_lines_say_at_their_end_how_many_there_are(snapshot: Snapshot) -> None:
    lines = json_lines(snapshot).splitlines()
    assert json.loads(lines[0]) == {"type": "manifest", "version": "1.1"}
    assert json.loads(lines[-1]) == {"type": "end", "lines": len(lines) - 1}


def test_the_manifest_names_every_file(snapshot: Snapshot) -> None:
    tables = tables_of_zip(oneroster_zip(snapshot))
    properties = {row["propertyName"]: row["value"] for row in tables["manifest"]}
    assert properties["oneroster.version"] == "1.1"
    assert {name for name in KINDS if properties[f"file.{name}"] == "bulk"} == set(KINDS)


@pytest.mark.parametrize("form", ["zip", "jsonl"])
def test_a_users_line_is_found_again(snapshot: Snapshot, form: str) -> None:
    local_id = snapshot.staff[1].local_id
    _, line = line_of_user(snapshot, local_id, form=form)
    if form == "zip":
        with zipfile.ZipFile(io.BytesIO(oneroster_zip(snapshot))) as folder:
            text = folder.read("users.csv").decode().splitlines()[line - 1]
    else:
        text = json_lines(snapshot).decode().splitlines()[line - 1]
    assert local_id in text
