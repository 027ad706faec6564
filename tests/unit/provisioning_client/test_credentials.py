"""hwb-provision credentials, as an operator of Hwb meets it: no secret is ever shown."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.support.fake_hwb import FakeHwb, serving
from typer.testing import CliRunner, Result

from hwb_provisioning_client.cli import app

SCHOOL, CLIENT, SECRET = "6604027", "hwb-6604027-1a2b3c4d", "a-secret-of-32-bytes"
MADE = {"client_id": CLIENT, "school": SCHOOL, "says": "Now.", "says_cy": "Nawr."}
KEPT = {"made_at": "2022-05-03T08:00:00Z", "made_by": "op", "ends_at": "2022-05-17T08:00:00Z"}


class Hwb(FakeHwb):
    """Makes credentials, unless an answer is to be lost or is to be a refusal."""

    asked: list[tuple[str, object]]
    secret: str | None
    status = 201

    def posted(self) -> None:
        body = self.body()
        Hwb.asked.append((self.path, json.loads(body) if body else None))
        if self.path.endswith("/revoke"):
            self.answer(200, {"client_id": CLIENT, "state": "revoked"})
            return
        ends_at = KEPT["ends_at"] if self.path.endswith("/rotate") else None
        made = {**MADE, "client_secret": Hwb.secret, "previous_ends_at": ends_at}
        problem = {"code": "role_not_allowed", "title": "Not you", "detail": "Ask."}
        self.answer(Hwb.status, made if Hwb.status == 201 else problem)

    def got(self) -> None:
        secrets = [KEPT, KEPT | {"ends_at": None}]
        item = {**MADE, **KEPT, "revoked_at": None, "revoked_by": None, "secrets": secrets}
        self.answer(200, {"items": [item]})


@pytest.fixture
def options(tmp_path: Path) -> Iterator[list[str]]:
    Hwb.asked, Hwb.secret, Hwb.status = [], SECRET, 201
    token = tmp_path / "token"
    token.write_text("operators")
    with serving(Hwb) as url:
        yield ["--school", SCHOOL, "--url", url, "--token-file", str(token)]


def run(*arguments: str, answer: str | None = None) -> Result:
    shown = CliRunner().invoke(app, ["credentials", *arguments], input=answer)
    assert SECRET not in shown.output
    return shown


def test_a_secret_goes_into_a_file_for_its_owner_alone_and_is_not_shown(
    options: list[str], tmp_path: Path
) -> None:
    file = tmp_path / "school.json"
    shown = run("issue", str(file), *options)
    assert shown.exit_code == 0, shown.output
    assert json.loads(file.read_text()) == {"client_id": CLIENT, "client_secret": SECRET}
    assert file.stat().st_mode & 0o777 == 0o600
    assert CLIENT in shown.output
    assert Hwb.asked == [(f"/v1/schools/{SCHOOL}/clients", None)]


def test_a_rotation_says_until_when_the_secret_so_far_goes_on(
    options: list[str], tmp_path: Path
) -> None:
    file = tmp_path / "school.json"
    shown = run("rotate", CLIENT, str(file), *options, "--overlap-hours", "48", "--json")
    assert json.loads(shown.output)["previous_ends_at"] == KEPT["ends_at"]
    assert json.loads(file.read_text())["client_secret"] == SECRET
    assert Hwb.asked == [(f"/v1/schools/{SCHOOL}/clients/{CLIENT}/rotate", {"overlap_hours": 48})]


def test_no_file_is_written_over_and_nothing_is_asked_then(
    options: list[str], tmp_path: Path
) -> None:
    file = tmp_path / "school.json"
    file.write_text("another school's")
    shown = run("issue", str(file), *options)
    assert shown.exit_code == 2
    assert (file.read_text(), Hwb.asked) == ("another school's", [])


@pytest.mark.parametrize(("status", "exit_code"), [(201, 3), (403, 5)])
def test_without_a_secret_no_file_is_left(
    options: list[str], tmp_path: Path, status: int, exit_code: int
) -> None:
    Hwb.status, Hwb.secret = status, None
    shown = run("issue", str(tmp_path / "school.json"), *options)
    assert shown.exit_code == exit_code, shown.output
    assert not (tmp_path / "school.json").exists()
    assert ("credentials rotate" in " ".join(shown.output.split())) is (status == 201)


def test_a_list_shows_how_old_the_secrets_are(options: list[str]) -> None:
    shown = run("list", *options, "--json")
    assert json.loads(shown.output)["items"][0]["client_id"] == CLIENT
    assert run("list", *options).exit_code == 0


def test_revoking_asks_first(options: list[str]) -> None:
    assert run("revoke", CLIENT, *options, answer="n\n").exit_code == 1
    assert Hwb.asked == []
    assert run("revoke", CLIENT, *options, answer="y\n").exit_code == 0
    assert run("revoke", CLIENT, *options, "--yes").exit_code == 0
    assert Hwb.asked == [(f"/v1/schools/{SCHOOL}/clients/{CLIENT}/revoke", None)] * 2
