"""What preview, status and schedule print for a Network Manager."""

import configparser
import io
import json
from pathlib import Path
from typing import Any

import pytest
from tests.support.fake_hwb import FakeHwb, serving
from typer.testing import CliRunner

from hwb_provisioning_client.cli import app
from hwb_provisioning_client.schedule import Schedule, SignIn, System, printed

PREVIEW = {
    "school": "6604027",
    "counts": {"learners": 3, "changes": 2, "held": 1, "rejected": 0},
    "held": [{"why": "More learners would leave.", "why_cy": "Byddai mwy yn gadael."}],
    "rejected_fields": [],
    "accounts": {
        "known": True,
        "counts": {"created": 1, "matched": 1},
        "pending": [{}],
        "doubtful": [],
        "changes": [
            {
                "who": {"forename": "Mali", "surname": "Lewis", "local_id": "4711"},
                "change": "matched",
            }
        ],
    },
    "groups": {
        "known": False,
        "says": "Teams are not known now.",
        "says_cy": "Ni wyddys am Teams.",
        "changes": [],
    },
}
STATUS = {
    "school": "6604027",
    "result": "held",
    "age_hours": 2.0,
    "in_run_week": True,
    "end_of_year_work": {
        "looks_done": False,
        "learners_moved_up": 0,
        "learners_below_top": 9,
        "top_year_without_leaving_date": 4,
    },
    "last_run": {"received_at": "2022-08-16T06:00:00+00:00"},
}


class Hwb(FakeHwb):
    """Answers both questions."""

    def posted(self) -> None:
        self.body()
        assert self.path == "/v1/schools/6604027/preview"
        self.answer(200, PREVIEW)

    def got(self) -> None:
        assert self.path == "/v1/provisioning-status?school=6604027"
        self.answer(200, {"items": [STATUS]})


@pytest.fixture
def options(tmp_path: Path) -> Any:
    token = tmp_path / "token"
    token.write_text("a-token")
    with serving(Hwb) as url:
        yield ["--school", "6604027", "--url", url, "--token-file", str(token)]


def test_a_preview_shows_counts_and_why_rows_would_be_held(options: Any, tmp_path: Path) -> None:
    export = tmp_path / "export.jsonl"
    export.write_text("{}")
    shown = CliRunner().invoke(app, ["preview", str(export), *options])
    assert shown.exit_code == 0, shown.output
    assert "nothing was done" in shown.output
    assert "More learners would leave." in shown.output
    assert "Byddai mwy yn gadael." in shown.output
    assert "Mali Lewis (4711): account taken over from the previous school" in shown.output
    assert "Teams are not known now.\nNi wyddys am Teams." in shown.output
    assert "wait for their previous school" in shown.output


def test_status_says_what_to_do(options: Any) -> None:
    shown = CliRunner().invoke(app, ["status", *options])
    assert shown.exit_code == 0, shown.output
    assert "approves or discards it" in " ".join(shown.output.split())
    assert "in the run week" in " ".join(shown.output.split())


def test_status_is_one_object_for_programs(options: Any) -> None:
    shown = CliRunner().invoke(app, ["status", *options, "--json"])
    assert json.loads(shown.output)["result"] == "held"


def schedule_of(export: str) -> Schedule:
    return Schedule(
        program="/opt/hwb provision",
        export=Path(export),
        school="6604027",
        url="https://hwb.example",
        sign_in=SignIn(credentials_file=Path("/etc/hwb/school.json")),
        at="05:30",
    )


def test_the_systemd_units_run_the_push_every_day_and_quote_what_has_blanks() -> None:
    text = printed(schedule_of("/srv/100% export"), System.SYSTEMD)
    service, timer = text.split("# 2. ")
    units = []
    for part in (service, timer.split("# 3. ")[0]):
        parser = configparser.RawConfigParser()
        parser.optionxform = str  # type: ignore[assignment,method-assign] # keeps the case
        parser.read_file(io.StringIO(part[part.index("[Unit]") :]))
        units.append(parser)
    assert units[0]["Service"]["ExecStart"] == (
        "'/opt/hwb provision' push '/srv/100%% export' --school 6604027"
        " --url https://hwb.example --credentials-file /etc/hwb/school.json --wait"
    )
    assert units[1]["Timer"]["OnCalendar"] == "*-*-* 05:30:00"


def test_the_windows_task_quotes_the_command_inside_the_quotes() -> None:
    text = printed(schedule_of("C:\\MIS export"), System.WINDOWS)
    assert "/ST 05:30" in text
    assert '/TR "\\"/opt/hwb provision\\" push' in text


def test_a_wrong_time_of_day_is_refused(options: Any) -> None:
    shown = CliRunner().invoke(app, ["schedule", "export.zip", *options, "--at", "25:00"])
    assert shown.exit_code == 2
