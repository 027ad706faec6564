"""The command line as a Network Manager meets it: words, JSON and exit codes."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.support.fake_hwb import FakeHwb, serving
from typer.testing import CliRunner

from hwb_provisioning_client.cli import app

SCHOOL = "6604027"
ROW = {
    "file": "users.csv",
    "line": 7,
    "field": "identifier",
    "reason": "upn_missing",
    "what_to_do": "Enter the UPN.",
    "what_to_do_cy": "Rhowch yr UPN.",
}


class Handler(FakeHwb):
    """A Hwb that takes everything for the right token and rejects as many rows as it is told."""

    rejected = 0

    def posted(self) -> None:
        self.body()
        if self.headers["Authorization"] != "Bearer right":
            self.answer(403, {"code": "role_not_allowed", "title": "Not you", "detail": "Ask."})
        else:
            self.answer(202, {"run_id": "r1", "school": SCHOOL, "status": "received"})

    def got(self) -> None:
        if self.path.endswith("/report"):
            self.answer(200, {"rows": [ROW] * self.rejected})
        else:
            counts = {"learners": 3, "rejected": self.rejected, "changes": 3}
            settled = {"applied": 3, "pending": 0, "parked": 0}
            self.answer(200, {"status": "settled", "counts": counts, "settled": settled})


@pytest.fixture
def hwb() -> Iterator[str]:
    with serving(Handler) as url:
        yield url
    Handler.rejected = 0


@pytest.fixture
def push(tmp_path: Path, hwb: str) -> list[str]:
    (tmp_path / "export.zip").write_bytes(b"PK")
    (tmp_path / "token").write_text("right\n")
    options = ["--school", SCHOOL, "--url", hwb, "--token-file", str(tmp_path / "token")]
    return ["push", str(tmp_path / "export.zip"), *options]


def test_a_push_ends_with_0_and_names_the_run(push: list[str]) -> None:
    result = CliRunner().invoke(app, push)
    assert result.exit_code == 0
    assert "r1" in result.output


def test_waiting_shows_the_counts(push: list[str]) -> None:
    result = CliRunner().invoke(app, [*push, "--wait"])
    assert result.exit_code == 0
    assert "changes published" in result.output
    assert "No row was rejected" in result.output


def test_rejected_rows_are_shown_in_both_languages_and_end_with_1(push: list[str]) -> None:
    Handler.rejected = 60
    result = CliRunner().invoke(app, [*push, "--wait"])
    assert result.exit_code == 1
    assert "Enter the UPN." in result.output
    assert "Rhowch yr UPN." in result.output
    assert "10 more" in result.output


def test_json_is_one_object_with_everything(push: list[str]) -> None:
    Handler.rejected = 60
    result = CliRunner().invoke(app, [*push, "--wait", "--json"])
    shown = json.loads(result.stdout)
    assert (shown["ok"], shown["exit_code"], len(shown["rejected"])) == (False, 1, 60)


def test_a_wrong_token_ends_with_5(push: list[str], tmp_path: Path) -> None:
    (tmp_path / "token").write_text("wrong")
    result = CliRunner().invoke(app, [*push, "--json"])
    assert result.exit_code == 5
    assert json.loads(result.stdout)["error"]["code"] == "role_not_allowed"


def test_nothing_at_the_address_ends_with_4(push: list[str]) -> None:
    push[push.index("--url") + 1] = "http://127.0.0.1:9"
    result = CliRunner().invoke(app, [*push, "--tries", "1"])
    assert result.exit_code == 4
    assert "push again" in " ".join(result.output.split())


@pytest.mark.parametrize(
    ("option", "value"), [("--token-file", "/nowhere"), ("--url", "hwb.gov.wales")]
)
def test_a_wrong_option_ends_with_2(push: list[str], option: str, value: str) -> None:
    push[push.index(option) + 1] = value
    assert CliRunner().invoke(app, push).exit_code == 2


def test_the_template_lists_what_it_wrote(tmp_path: Path) -> None:
    result = CliRunner().invoke(app, ["template", str(tmp_path / "new")])
    assert result.exit_code == 0
    assert "users.csv" in result.output
    assert CliRunner().invoke(app, ["template", str(tmp_path / "new")]).exit_code == 2
