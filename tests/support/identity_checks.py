"""What must hold of everybody's account after every word, whatever the order between schools."""

from collections.abc import Iterable, Mapping
from datetime import date
from typing import NamedTuple

from tests.support import identity_oracle as oracle
from tests.support.calendars import CALENDAR_2022
from tests.support.identity_histories import History

from hwb_identity.domain.enrolment import Enrolment
from hwb_identity.domain.people import Taken
from hwb_identity.domain.person import Evaluation, Person
from hwb_schemas.words import AccountChange, AccountRole, RecordState

KEPT_BACK = (RecordState.REJECTED, RecordState.HELD)


class State(NamedTuple):
    """What is known at a position, and which keys a merge was proposed for on the way there."""

    persons: Mapping[str, Person]
    holders: Mapping[str, str]
    doubted: frozenset[str]


NOTHING = State({}, {}, frozenset())


def role_of(key: str) -> AccountRole:
    """Staff keys name the school."""
    return AccountRole.STAFF if "/" in key else AccountRole.LEARNER


def _accounts(persons: Iterable[Person]) -> dict[str, Person]:
    found: dict[str, Person] = {}
    for person in persons:
        if person.account is not None:
            assert person.account.account_id not in found, "an account is doubled"
            found[person.account.account_id] = person
    return found


def check_step(
    before: Mapping[str, Person],
    after: Mapping[str, Person],
    evaluations: Iterable[Evaluation],
    today: date,
) -> None:
    """No account is lost, each version is published once, the rules choose the next home."""
    was, now = _accounts(before.values()), _accounts(after.values())
    assert was.keys() <= now.keys(), "an account is lost"
    published: dict[str, list[Evaluation]] = {}
    for one in evaluations:
        if one.change is not None and one.person.account is not None:
            published.setdefault(one.person.account.account_id, []).append(one)
    for account_id, person in now.items():
        old = was.get(account_id)
        if old is person:
            continue
        told = [one.person.account for one in published.get(account_id, [])]
        versions = [account.version for account in told if account is not None]
        first = old.account.version if old is not None and old.account is not None else 0
        assert person.account is not None
        assert person.standing is not None
        assert versions == list(range(first + 1, person.account.version + 1)), "a version is amiss"
        if old is None:
            assert published[account_id][0].change is AccountChange.CREATED
        if person.role is AccountRole.LEARNER:
            present = old.standing.home if old is not None and old.standing is not None else None
            home = oracle.expected(person.enrolments, present, today, CALENDAR_2022).home
            assert person.standing.home == home, "the home is not the one that the rules choose"


def check_kept_back(taken: Taken | None) -> None:
    """A rejected or held row leaves every account as it was, and says nothing of anybody."""
    if taken is not None:
        assert all(one.change is None for one in taken.evaluations), "a row kept back had an effect"
        assert taken.doubt is None, "a case was raised on the word of a row kept back"


def last_words(words: Iterable[Enrolment]) -> dict[tuple[str, str], Enrolment]:
    """What each school said last of each key; a row kept back is no word on anybody.

    A former UPN that was stated once stays stated.
    """
    last: dict[tuple[str, str], Enrolment] = {}
    for word in sorted(words, key=lambda word: word.run_seq):
        at = (word.school, word.key)
        only_takes_back = word.state is RecordState.WITHDRAWN and at not in last
        if word.state in KEPT_BACK or only_takes_back:
            continue
        stated = last[at].former_key if at in last else None
        last[at] = word._replace(former_key=word.former_key or stated)
    return last


def check_state(
    state: State,
    history: History,
    today: date,
    words: Mapping[tuple[str, str], Enrolment],
) -> None:
    """What must hold after these words, in every interleaving, contested or not."""
    learners = dict(history.learners)
    known: dict[tuple[str, str], Enrolment] = {}
    staff: list[str] = []
    for person in state.persons.values():
        for key in person.keys:
            assert state.holders[key] == person.key, "a key leads to another person"
        if person.role is AccountRole.STAFF:
            assert person.account is not None
            staff.append(person.account.display_name)
            continue
        for_whom = {learners[one.key] for one in person.enrolments}
        assert len(for_whom) <= 1, "two learners have one account"
        known.update(((one.school, one.key), one) for one in person.enrolments)
        _check_rules(person, today)
    said = {at: word for at, word in words.items() if role_of(word.key) is AccountRole.LEARNER}
    assert known == said, "what stands is not what the schools said last"
    assert len(staff) == len(set(staff)), "a member of staff has two accounts"
    assert _staff_said(history, words) <= set(staff), "two members of staff have one account"
    _check_statements(state)


def _staff_said(history: History, words: Mapping[tuple[str, str], Enrolment]) -> set[str]:
    """Everybody so far who had a staff code."""
    last = {
        at: word.run_seq for at, word in words.items() if role_of(word.key) is AccountRole.STAFF
    }
    if not last:
        return set()
    return {
        f"{word.forename} {word.surname}"
        for word in history.words()
        if word.run_seq <= last.get((word.school, word.key), 0)
    }


def _check_rules(person: Person, today: date) -> None:
    standing = person.standing
    if standing is None or person.account is None:
        claiming = oracle.claimants(person.enrolments, today, CALENDAR_2022)
        assert not claiming, "a claimed learner has no account"
        return
    wanted = oracle.expected(person.enrolments, standing.home, today, CALENDAR_2022)
    found = oracle.Expected(
        standing.home,
        standing.status.value,
        standing.year_group,
        standing.classes,
        standing.pending,
        standing.other_schools,
        standing.released_from,
    )
    assert found == wanted


def _check_statements(state: State) -> None:
    """Two UPNs stated to be one learner's have one account, or a merge is proposed."""
    for person in state.persons.values():
        for one in person.enrolments:
            if one.former_key is None or one.former_key in person.keys:
                continue
            in_doubt = {one.key, one.former_key} & state.doubted
            assert in_doubt, "one learner has two accounts"
