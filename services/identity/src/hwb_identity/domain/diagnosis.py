"""Why somebody has no account, password or class: the guide's FAQ as checks on what is known.

Each function gives the checks of one FAQ entry, in the guide's order. A check that finds something
names it by a code; the wording of each code, in both languages, is with the API.
"""

from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum

from hwb_identity.domain.enrolment import (
    Enrolment,
    counts_from,
    has_begun,
    has_left,
    is_main,
)
from hwb_identity.domain.home import is_off_by_hand
from hwb_identity.domain.person import Person
from hwb_schemas.calendar import RolloverCalendar
from hwb_schemas.upn import is_valid_upn
from hwb_schemas.words import AccountStatus, RecordState, RunChange

_FAULTS = {RecordState.MISSING: "record_missing", RecordState.REPLACED: "upn_replaced"}


class Symptom(StrEnum):
    """What the asker sees, as the guide's FAQ puts it."""

    STAFF_MISSING = "staff_missing"
    LEARNER_MISSING = "learner_missing"
    LEARNER_WITHOUT_PASSWORD = "learner_without_password"  # noqa: S105 - a symptom
    LAST_YEARS_CLASSES = "last_years_classes"


class Outcome(StrEnum):
    """``unknown``: identity cannot see it; the check says who can."""

    FINE = "fine"
    PROBLEM = "problem"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Check:
    """One check: what was looked at, what was found (a code), and the evidence."""

    check: str
    outcome: Outcome
    code: str
    evidence: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class LastRun:
    """A school's last run that settled; ``rejected`` and ``held`` count its rows."""

    published_on: date
    rejected: int
    held: int


@dataclass(frozen=True, slots=True)
class HeardOfRun:
    """The newest thing heard of any run of a school."""

    change: RunChange
    run_seq: int
    settled: bool
    on: date


@dataclass(frozen=True, slots=True)
class KeptBackRow:
    """A row that was rejected or held; ``reasons`` are the codes of mis-ingest."""

    state: RecordState
    reasons: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class SchoolRuns:
    """What is known of a school's runs."""

    last: LastRun | None
    newest: HeardOfRun | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """All that the checks look at.

    ``person`` is None where the asker's school has said nothing of this person: then nothing of
    what other schools said is looked at. ``kept_back`` is what became of the school's row if it was
    rejected or held, ``in_doubt`` whether the former UPN that the school stated waits for the
    Service Desk. ``tells_other_school`` is whether the asker may read which school that is.
    """

    school: str
    key: str | None
    person: Person | None
    kept_back: KeptBackRow | None
    in_doubt: bool
    runs: SchoolRuns
    holder_runs: SchoolRuns | None
    password: str | None
    colleague: Enrolment | None
    years: dict[str, int]
    tells_other_school: bool
    calendar: RolloverCalendar
    today: date


def checks_of(symptom: Symptom, facts: Facts) -> list[Check]:
    """The checks of a symptom in the guide's order, up to the one that explains it."""
    made = {
        Symptom.STAFF_MISSING: _staff_missing,
        Symptom.LEARNER_MISSING: _learner_missing,
        Symptom.LEARNER_WITHOUT_PASSWORD: _without_password,
        Symptom.LAST_YEARS_CLASSES: _last_years_classes,
    }
    return made[symptom](facts)


def cause_of(checks: list[Check]) -> Check:
    """The check that explains it best: the first problem, else the last one made."""
    return next((one for one in checks if one.outcome is Outcome.PROBLEM), checks[-1])


def own_word(facts: Facts) -> Enrolment | None:
    """The school's latest word on this person."""
    if facts.person is None:
        return None
    words = [one for one in facts.person.enrolments if one.school == facts.school]
    return max(words, key=lambda one: one.run_seq, default=None)


def _staff_missing(facts: Facts) -> list[Check]:
    return [_staff_record(facts), _last_run(facts), _account(facts)]


def _learner_missing(facts: Facts) -> list[Check]:
    checks = [_learner_record(facts), _last_run(facts)]
    if own_word(facts) is not None:
        checks.append(_previous_school(facts))
    return checks


def _without_password(facts: Facts) -> list[Check]:
    account = _account(facts)
    if account.outcome is Outcome.PROBLEM:
        return [account]
    outcome = Outcome.FINE if facts.password == "visible" else Outcome.PROBLEM  # noqa: S105
    return [account, Check("password", outcome, f"password_{facts.password or 'never_made'}")]


def _last_years_classes(facts: Facts) -> list[Check]:
    return [_last_run(facts), _classes(facts)]


def _learner_record(facts: Facts) -> Check:
    if facts.key is not None and not is_valid_upn(facts.key):
        return Check("record", Outcome.PROBLEM, "upn_not_valid")
    return _record(facts)


def _staff_record(facts: Facts) -> Check:
    found = _record(facts)
    said, kept = own_word(facts), facts.kept_back
    has_start = "start_date_missing" not in kept.reasons if kept else said and said.begins
    beside = {
        "start_date": "filled" if has_start else "empty",
        "staff_code": "filled" if said or kept else "not_in_last_run",
    }
    if facts.colleague is not None:
        beside["colleague_start_date"] = "filled" if facts.colleague.begins else "empty"
        beside["colleague_staff_code"] = "filled"
    return Check(found.check, found.outcome, found.code, {**found.evidence, **beside})


def _record(facts: Facts) -> Check:
    """Whether the school's last run has this person, on roll, and if not, why not."""
    said = own_word(facts)
    if facts.kept_back is not None:
        return _kept_back(facts.kept_back, facts.runs.newest)
    if said is None or said.state is RecordState.WITHDRAWN:
        return _no_record(facts.runs.last)
    code, evidence = _fault_of(said, facts)
    if code is None:
        return Check("record", Outcome.FINE, "record_is_there")
    return Check("record", Outcome.PROBLEM, code, evidence)


def _kept_back(row: KeptBackRow, newest: HeardOfRun | None) -> Check:
    """That the school's row was rejected or held, and why; a held one may have been discarded."""
    code = f"row_{row.state.value}"
    is_discarded = newest is not None and newest.change is RunChange.DISCARDED
    if row.state is RecordState.HELD and is_discarded:
        code = "row_discarded"
    return Check("record", Outcome.PROBLEM, code, {"reasons": ", ".join(row.reasons)})


def _no_record(last: LastRun | None) -> Check:
    """The school's runs did not bring this person, as far as identity can see."""
    if last is not None and last.rejected + last.held > 0:
        counts = {"rows_rejected": str(last.rejected), "rows_held": str(last.held)}
        return Check("record", Outcome.PROBLEM, "not_among_rows_taken", counts)
    return Check("record", Outcome.PROBLEM, "not_in_last_run")


def _fault_of(said: Enrolment, facts: Facts) -> tuple[str | None, dict[str, str]]:
    """What in the school's own record keeps the account away, and the evidence."""
    calendar, today = facts.calendar, facts.today
    learner = facts.key is not None and "/" not in facts.key
    code, evidence = _FAULTS.get(said.state), {}
    if code is None and has_left(said, calendar, today):
        code = "left_here"
        evidence["leaving_date"] = said.leaving.isoformat() if said.leaving else ""
    elif code is None and learner and not is_main(said):
        code = "subsidiary_here"
        evidence["enrolment_status"] = said.status.value
    elif code is None and learner and said.begins and not has_begun(said, calendar, today):
        code = "admission_ahead"
        evidence["admission_date"] = said.begins.isoformat()
        evidence["takes_effect"] = counts_from(said.begins, said, calendar).isoformat()
    return code, evidence


def _last_run(facts: Facts) -> Check:
    """Whether the Provisioning Client has run successfully, and late enough."""
    last, newest = facts.runs.last, facts.runs.newest
    evidence = {"last_run": last.published_on.isoformat()} if last else {}
    if newest is not None:
        evidence |= {"newest": newest.change.value, "newest_on": newest.on.isoformat()}
        if newest.change is RunChange.REFUSED:
            return Check("last_run", Outcome.PROBLEM, "last_upload_refused", evidence)
        if newest.change in (RunChange.RECEIVED, RunChange.PUBLISHED) and not newest.settled:
            return Check("last_run", Outcome.PROBLEM, "run_under_way", evidence)
    if last is None:
        return Check("last_run", Outcome.PROBLEM, "client_never_ran", evidence)
    evidence["in_run_week"] = "yes" if last.published_on in facts.calendar.run_week else "no"
    opens = facts.calendar.rollover_window_opens
    if facts.today >= opens > last.published_on:
        return Check("last_run", Outcome.PROBLEM, "run_too_old", evidence)
    return Check("last_run", Outcome.FINE, "last_run_is_there", evidence)


def _previous_school(facts: Facts) -> Check:
    """Whether another school still has the learner: that it ran, that it gave a leaving date."""
    person = facts.person
    standing = person.standing if person else None
    if person is None or standing is None or facts.school not in standing.pending:
        account = _account(facts)
        if facts.in_doubt and account.outcome is Outcome.FINE:
            return Check("account", Outcome.PROBLEM, "former_upn_in_doubt", account.evidence)
        return account
    since = next((one.since for one in person.waiting if one.school == facts.school), None)
    evidence = {"waiting_since": since.isoformat()} if since else {}
    if not facts.tells_other_school or standing.home is None:
        return Check("previous_school", Outcome.PROBLEM, "waiting_for_previous_school", evidence)
    evidence["previous_school"] = standing.home
    runs = facts.holder_runs
    if runs is not None and runs.last is not None:
        evidence["previous_school_last_run"] = runs.last.published_on.isoformat()
    code = "previous_school_not_run"
    said = max(
        (one for one in person.enrolments if one.school == standing.home),
        key=lambda one: one.run_seq,
    )
    if said.leaving is not None:
        code = "previous_school_leaving_ahead"
        evidence["leaving_date"] = said.leaving.isoformat()
        evidence["takes_effect"] = counts_from(said.leaving, said, facts.calendar).isoformat()
    elif said.state is RecordState.MISSING:
        code = "previous_school_missing"
    elif runs is not None and runs.last is not None and _late_enough(runs.last, facts):
        code = "previous_school_no_leaving_date"
    return Check("previous_school", Outcome.PROBLEM, code, evidence)


def _late_enough(last: LastRun, facts: Facts) -> bool:
    opens = facts.calendar.rollover_window_opens
    return not facts.today >= opens > last.published_on


def _account(facts: Facts) -> Check:
    """Whether the account is there, at this school, with sign-in on."""
    person = facts.person
    standing = person.standing if person else None
    if person is None or standing is None or person.account is None:
        return Check("account", Outcome.PROBLEM, "no_account")
    if facts.school not in (standing.home, standing.released_from, *standing.other_schools):
        return Check("account", Outcome.PROBLEM, "account_elsewhere")
    evidence = {"account_id": person.account.account_id}
    if standing.status is not AccountStatus.ACTIVE:
        by_hand = is_off_by_hand(person.decisions)
        code = "deactivated_by_hand" if by_hand else "account_released"
        return Check("account", Outcome.PROBLEM, code, evidence)
    return Check("account", Outcome.FINE, "account_is_there", evidence)


def _classes(facts: Facts) -> Check:
    """Of which academic year the classes are that the school last sent."""
    said = own_word(facts)
    years = dict(facts.years)
    if said is not None:
        years = {}
        for key in said.classes:
            year = key.split("/")[1] if key.count("/") > 1 else ""
            years[year] = years.get(year, 0) + 1
    evidence = {f"classes_{year}": str(count) for year, count in sorted(years.items())}
    if not years:
        return Check("classes", Outcome.UNKNOWN, "no_classes_sent", evidence)
    if facts.calendar.academic_year_starting in years:
        return Check("classes", Outcome.FINE, "classes_are_new", evidence)
    if facts.today < facts.calendar.rollover_window_opens:
        return Check("classes", Outcome.FINE, "too_early_for_new_classes", evidence)
    return Check("classes", Outcome.PROBLEM, "mis_still_last_year", evidence)
