"""Where an account is at home: DESIGN 6, Learners and Staff, as one function of what is known.

Nothing here depends on the order in which the schools spoke, except that the present home keeps an
account that several claim. That is what lets a secondary school run before its primaries.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from typing import NamedTuple

from hwb_identity.domain.enrolment import Enrolment, has_begun, has_left, is_main, is_on_roll
from hwb_schemas.calendar import RolloverCalendar
from hwb_schemas.words import AccountRole, AccountStatus, RecordState

MADE_BY_HAND = (AccountRole.NON_MIS, AccountRole.GOVERNOR)


class DecisionKind(StrEnum):
    """What a person decided by hand; only a person or a date ends it."""

    DEACTIVATED = "deactivated"
    REINSTATED = "reinstated"
    MERGED = "merged"
    """Two were one person: the keys of both are this account's, or went to another account."""

    RENAMED = "renamed"
    """The account got another name; ``other`` is the sign-in name before, where that changed."""


@dataclass(frozen=True, slots=True)
class Decision:
    """A decision by hand: ``by`` is the caller's subject, ``made_at`` an ISO instant.

    ``other`` is the account that was merged with this one, or the sign-in name before.
    """

    kind: DecisionKind
    by: str
    made_at: str
    reason: str
    other: str | None = None


_ABOUT_SIGN_IN = (DecisionKind.DEACTIVATED, DecisionKind.REINSTATED)


def aliases_of(decisions: tuple[Decision, ...]) -> tuple[str, ...]:
    """The sign-in names that an account had before, oldest first; they go on working."""
    return tuple([one.other for one in decisions if one.kind is DecisionKind.RENAMED and one.other])


class Standing(NamedTuple):
    """What the rules say of an account.

    ``released_from`` is the school that last let it go, while nobody has it. ``pending`` are the
    schools that claim a learner whom ``home`` still claims.
    """

    home: str | None
    released_from: str | None
    status: AccountStatus
    year_group: str | None
    classes: tuple[str, ...]
    other_schools: tuple[str, ...]
    pending: tuple[str, ...]


def standing_of(
    role: AccountRole,
    *,
    enrolments: tuple[Enrolment, ...],
    decisions: tuple[Decision, ...],
    present: Standing | None,
    calendar: RolloverCalendar,
    today: date,
) -> Standing | None:
    """What an account should be, or None while there is none and nobody claims one.

    ``present`` is what the account is now, None where there is no account yet.
    """
    if role in MADE_BY_HAND:
        return _made_by_hand(enrolments[-1], decisions, calendar, today)
    learner = role is AccountRole.LEARNER
    claims = [
        enrolment
        for enrolment in enrolments
        if is_on_roll(enrolment, calendar, today)
        and (not learner or (is_main(enrolment) and has_begun(enrolment, calendar, today)))
    ]
    home: Enrolment | None
    if claims:
        home = _claimed_by(claims, present.home if present else None)
        others: tuple[str, ...] = ()
        if len(claims) > 1:
            others = tuple(sorted({claim.school for claim in claims} - {home.school}))
    elif present is None:
        return None
    else:
        home, others = _kept_by(role, enrolments, calendar, today), ()
    left = None if home else last_left(enrolments, calendar, today)
    second = _second_schools(enrolments, calendar, today) if learner else others
    if home is not None and second:
        second = tuple([school for school in second if school != home.school])
    return Standing(
        home.school if home else None,
        left.school if left else None,
        _sign_in(home or _on_leaver_hold(left, calendar, today), decisions),
        home.year_group if home else None,
        home.classes if home else (),
        second,
        others if learner else (),
    )


def _made_by_hand(
    record: Enrolment,
    decisions: tuple[Decision, ...],
    calendar: RolloverCalendar,
    today: date,
) -> Standing:
    """An account made by hand stays at its school; an end date only reminds, or switches it off."""
    ended = record.leaving is not None and record.leaving <= today
    status = _sign_in(record, decisions)
    if ended and calendar.manual_account_end == "deactivates":
        status = AccountStatus.INACTIVE
    return Standing(record.school, None, status, None, (), (), ())


def _claimed_by(claims: list[Enrolment], present: str | None) -> Enrolment:
    """The present home keeps it; else the next is by admission date, then school number."""
    if len(claims) == 1:
        return claims[0]
    school = present
    if all(claim.school != present for claim in claims):
        school = min(claims, key=lambda claim: (claim.begins or date.min, claim.school)).school
    # Under a former and a present UPN one school may have spoken twice: its latest word counts.
    return max((claim for claim in claims if claim.school == school), key=lambda e: e.run_seq)


def _kept_by(
    role: AccountRole,
    enrolments: tuple[Enrolment, ...],
    calendar: RolloverCalendar,
    today: date,
) -> Enrolment | None:
    """Who keeps an account that nobody claims: a school where the record is missing.

    A record that was replaced keeps it like a missing one until its new UPN has been heard of. A
    record whose admission lies ahead keeps it where no school has let the learner go: a school
    that corrects an admission date does not switch a learner off (docs/adr/0015).
    """
    missing = [
        enrolment
        for enrolment in enrolments
        if enrolment.state in (RecordState.MISSING, RecordState.REPLACED)
        and is_main(enrolment)
        and (role is AccountRole.STAFF or has_begun(enrolment, calendar, today))
        and not has_left(enrolment, calendar, today)
        and not _is_superseded(enrolment, enrolments)
    ]
    if missing:
        return min(missing, key=lambda e: (-(e.begins or date.min).toordinal(), e.school))
    if last_left(enrolments, calendar, today) is not None:
        return None
    ahead = [
        enrolment
        for enrolment in enrolments
        if is_main(enrolment) and is_on_roll(enrolment, calendar, today)
    ]
    return min(ahead, key=lambda e: (e.begins or date.min, e.school), default=None)


def _is_superseded(enrolment: Enrolment, enrolments: Iterable[Enrolment]) -> bool:
    """Whether the same school has said under which new UPN this replaced record goes on."""
    return enrolment.state is RecordState.REPLACED and any(
        other.school == enrolment.school and other.former_key == enrolment.key
        for other in enrolments
    )


def hold_ends(standing: Standing | None, calendar: RolloverCalendar) -> date | None:
    """The first day without sign-in of an account that is released and on a leaver hold."""
    hold = calendar.leaver_hold
    if hold is None or standing is None or standing.home is not None:
        return None
    return hold.until + timedelta(days=1) if standing.status is AccountStatus.ACTIVE else None


def _on_leaver_hold(
    left: Enrolment | None, calendar: RolloverCalendar, today: date
) -> Enrolment | None:
    """The released enrolment, if its learner keeps signing in until the calendar's day."""
    hold = calendar.leaver_hold
    if hold is None or left is None or left.leaving is None or today > hold.until:
        return None
    return left if left.year_group in hold.year_groups and left.leaving > hold.left_after else None


def last_left(
    enrolments: tuple[Enrolment, ...], calendar: RolloverCalendar, today: date
) -> Enrolment | None:
    """Who has the latest leaving date in effect, then the lowest school number."""
    left = [
        enrolment
        for enrolment in enrolments
        if enrolment.state in (RecordState.LEFT, RecordState.ON_ROLL, RecordState.MISSING)
        and is_main(enrolment)
        and has_left(enrolment, calendar, today)
    ]
    if not left:
        return None
    return min(left, key=lambda e: (-(e.leaving or date.min).toordinal(), e.school))


def _second_schools(
    enrolments: tuple[Enrolment, ...], calendar: RolloverCalendar, today: date
) -> tuple[str, ...]:
    """Schools where the learner is subsidiary or guest: they never claim or create."""
    second = [enrolment for enrolment in enrolments if not is_main(enrolment)]
    if not second:
        return ()
    schools = {
        enrolment.school
        for enrolment in second
        if is_on_roll(enrolment, calendar, today) and has_begun(enrolment, calendar, today)
    }
    return tuple(sorted(schools))


def _sign_in(home: Enrolment | None, decisions: tuple[Decision, ...]) -> AccountStatus:
    off_by_hand = bool(decisions) and is_off_by_hand(decisions)
    return AccountStatus.ACTIVE if home and not off_by_hand else AccountStatus.INACTIVE


def is_off_by_hand(decisions: tuple[Decision, ...]) -> bool:
    """Whether the last of the decisions that are about sign-in switched it off."""
    about_sign_in = [one.kind for one in decisions if one.kind in _ABOUT_SIGN_IN]
    return bool(about_sign_in) and about_sign_in[-1] is DecisionKind.DEACTIVATED
