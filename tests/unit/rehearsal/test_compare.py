"""The comparison sees what is wrong, says it without naming anybody, and only there."""

import hashlib
from pathlib import Path
from typing import Any

import pytest

from hwb_rehearsal.broker.feed import Record
from hwb_rehearsal.compare.accounts import Accounts, PersonCheck, one_account_row, person_rows
from hwb_rehearsal.compare.cases import Cases, cases_row, every_case_is_mailed, mails_row
from hwb_rehearsal.compare.groups import (
    GroupCheck,
    GroupsSeen,
    group_rows,
    no_other_groups_row,
    provider_groups,
    quotas_row,
)
from hwb_rehearsal.compare.uploads import records_of, rejected_row, runs_row
from hwb_rehearsal.story import lines
from hwb_rehearsal.story.expectation import INACTIVE, Case, Group, Person, RejectedRow
from hwb_schemas.refs import PersonRefs

UPN, TEACHER = "R201100018042", "6604001/ABC"
SCHOOL, CLASS = "6604001", "6604001/2022-23/7A"
OWNER = "svc-groups@hwbcymru.net"
REFS = PersonRefs(b"a secret of the tests")


def account_event(
    *keys: str, account_id: str = "account-1", version: int = 1, **changes: Any
) -> Record:
    account = {
        "account_id": account_id,
        "role": "learner",
        "status": "active",
        "sign_in_name": f"{account_id}@hwbcymru.net",
        "display_name": "A Learner",
        "home_school": SCHOOL,
        "year_group": "7",
        "classes": [CLASS],
        "person_refs": [REFS.of(key) for key in keys],
        **changes,
    }
    value = {
        "change": "updated",
        "version": version,
        "account": account,
        "changed_at": "2022-08-16T06:00:00Z",
    }
    return record(account_id, value)


def record(key: str, value: dict[str, Any], *, id_: str = "1") -> Record:
    return Record("topic", 0, 0, key, "type", id_, value)


@pytest.fixture
def accounts() -> Accounts:
    seen = Accounts(REFS)
    seen.take(account_event(UPN))
    return seen


def learner(**changes: Any) -> Person:
    values: dict[str, Any] = {
        "key": UPN,
        "line": lines.ROLLED_OVER,
        "home": SCHOOL,
        "year_group": "7",
        "classes": (CLASS,),
        **changes,
    }
    return Person(**values)


def test_a_person_as_expected_agrees(accounts: Accounts) -> None:
    (row,) = person_rows([learner()], PersonCheck(accounts, {}))
    assert row.agree
    assert row.expected == row.actual == "1 person"


@pytest.mark.parametrize(
    ("person", "fault"),
    [
        (learner(home="6604002"), "school 6604001 instead of 6604002"),
        (learner(year_group="8"), "year group 7 instead of 8"),
        (learner(classes=()), "classes 6604001/2022-23/7A instead of none"),
        (learner(status=INACTIVE), "status active instead of inactive"),
        (learner(has_account=False), "has an account and should not"),
        (learner(account_of=UPN), "is not the account of May"),
        (learner(not_account_of=TEACHER), "is the account of the previous school"),
        (learner(key="T20110001804V"), "has no account"),
    ],
)
def test_what_differs_is_said_without_naming_the_person(
    accounts: Accounts, person: Person, fault: str
) -> None:
    may = {UPN: "another", TEACHER: "account-1"}
    (row,) = person_rows([person], PersonCheck(accounts, may))
    assert not row.agree
    assert fault in row.actual
    assert UPN not in row.actual


def test_an_older_version_that_comes_late_changes_nothing(accounts: Accounts) -> None:
    accounts.take(account_event(UPN, version=3, year_group="8"))
    accounts.take(account_event(UPN, version=2, year_group="9"))
    assert accounts.by_id["account-1"].year_group == "8"


def test_a_second_account_of_one_person_and_an_account_of_nobody_are_seen(
    accounts: Accounts,
) -> None:
    assert one_account_row([learner()], accounts).agree
    accounts.take(account_event(UPN, account_id="account-2"))
    accounts.take(account_event("somebody else", account_id="account-3"))
    row = one_account_row([learner()], accounts)
    assert not row.agree
    assert "has 2 accounts" in row.actual
    assert "is nobody's" in row.actual


def group_seen(**changes: Any) -> GroupsSeen:
    inspected = {
        "provider": "teams",
        "id": "team-1",
        "external_id": CLASS,
        "aliases": [],
        "archived": False,
        "owners": [OWNER, "teacher@hwbcymru.net"],
        "members": ["Account-1@hwbcymru.net"],
        **changes,
    }
    listed = {(CLASS, "teams"): {"provider_id": "team-1", "state": "linked", "linked": True}}
    return GroupsSeen(listed, provider_groups([inspected]))


@pytest.fixture
def group() -> Group:
    return Group("teams", CLASS, lines.GROUPS_NEW_YEAR, frozenset({UPN}), frozenset({TEACHER}))


@pytest.fixture
def with_teacher(accounts: Accounts) -> Accounts:
    event = account_event(TEACHER, account_id="teacher", role="staff", year_group=None)
    accounts.take(event)
    return accounts


def test_a_group_as_expected_agrees(group: Group, with_teacher: Accounts) -> None:
    (row,) = group_rows([group], GroupCheck(group_seen(), with_teacher, OWNER))
    assert row.agree
    assert no_other_groups_row([group], group_seen()).agree


@pytest.mark.parametrize(
    ("changes", "fault"),
    [
        ({"archived": True}, "archived is True"),
        ({"external_id": None}, "linked at the provider is False"),
        ({"members": []}, "members: 1 missing, 0 too many"),
        ({"members": ["account-1@hwbcymru.net", "x@y.z"]}, "members: 0 missing, 1 too many"),
        ({"owners": [OWNER]}, "owners: 1 missing, 0 too many"),
        ({"owners": ["teacher@hwbcymru.net"]}, "the technical owner is missing"),
        ({"id": "team-2"}, "the provider does not have it"),
    ],
)
def test_what_differs_in_a_group_is_said(
    group: Group, with_teacher: Accounts, changes: dict[str, Any], fault: str
) -> None:
    (row,) = group_rows([group], GroupCheck(group_seen(**changes), with_teacher, OWNER))
    assert not row.agree
    assert fault in row.actual


def case_event(change: str, *, id_: str) -> Record:
    value = {
        "change": change,
        "case_key": "mis-ingest/rejected_rows/6604001",
        "kind": "rejected_rows",
        "school": SCHOOL,
        "raised_by": "mis-ingest",
        "changed_at": "2022-08-16T06:00:00Z",
    }
    return record("key", value, id_=id_)


def test_a_case_that_was_resolved_is_not_one_that_is_open() -> None:
    cases = Cases()
    cases.take(case_event("raised", id_="1"))
    assert cases_row([Case("rejected_rows", SCHOOL, open=True)], cases.all).agree
    cases.take(case_event("resolved", id_="2"))
    assert not cases_row([Case("rejected_rows", SCHOOL, open=True)], cases.all).agree
    assert cases_row([Case("rejected_rows", SCHOOL, open=False)], cases.all).agree


def test_a_case_is_mailed_once_for_each_time_it_was_opened(tmp_path: Path) -> None:
    cases = Cases()
    cases.take(case_event("raised", id_="1"))
    cases.take(case_event("raised", id_="1"))
    assert not every_case_is_mailed(cases.all, tmp_path)
    mail = b"Message-ID: <19e2d3a6d3e4dee8b2c2.1@hwb>\r\n\r\n"
    (tmp_path / "1.eml").write_bytes(mail)
    assert "is about no case" in mails_row(cases.all, tmp_path).actual


def test_a_case_is_mailed_in_a_digest_or_by_itself_but_not_in_both(tmp_path: Path) -> None:
    cases = Cases()
    cases.take(case_event("raised", id_="1"))
    opening = hashlib.sha256(b"mis-ingest/rejected_rows/6604001").hexdigest()[:20] + ".1"
    digest = f"Message-ID: <0123.d1@hwb>\r\nX-Hwb-Digest-Of:\r\n {opening}\r\n\r\n"
    (tmp_path / "1.eml").write_text(digest)
    assert every_case_is_mailed(cases.all, tmp_path)
    assert mails_row(cases.all, tmp_path).agree
    (tmp_path / "2.eml").write_text(f"Message-ID: <{opening}@hwb>\r\n\r\n")
    assert "came 2 times" in mails_row(cases.all, tmp_path).actual


def run(status: str = "settled", *, parked: int = 0) -> dict[str, Any]:
    return {"status": status, "settled": {"parked": parked}, "counts": {"changes": 3}}


def test_runs_that_did_not_settle_or_parked_something_do_not_agree() -> None:
    assert runs_row({SCHOOL: 1}, {SCHOOL: [run()]}).agree
    assert not runs_row({SCHOOL: 1}, {SCHOOL: [run("published")]}).agree
    assert not runs_row({SCHOOL: 1}, {SCHOOL: [run(parked=1)]}).agree
    assert not runs_row({SCHOOL: 1}, {SCHOOL: [run(), run()]}).agree
    assert records_of({SCHOOL: [run(), run()]}) == 6


def test_a_rejected_row_must_be_named_where_it_is() -> None:
    expected = [RejectedRow(SCHOOL, "users.csv", 7, "identifier")]
    named = {"file": "users.csv", "line": 7, "field": "identifier"}
    assert rejected_row(expected, {SCHOOL: [named]}).agree
    assert not rejected_row(expected, {SCHOOL: [{**named, "line": 8}]}).agree
    assert not rejected_row(expected, {SCHOOL: []}).agree


def test_a_call_that_a_provider_refused_is_seen() -> None:
    kept = {"provider": "teams", "call": "get team", "status": 200, "count": 40}
    refused = {"provider": "classroom", "call": "add to roster", "status": 429, "count": 2}

    assert quotas_row([kept]).agree
    row = quotas_row([kept, refused])
    assert not row.agree
    assert row.actual.startswith("2 refused of 42 calls")
