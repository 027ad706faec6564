"""Whether two are one person: a case, and a decision of the Service Desk that the rules keep.

Same person: one account gets all that is known of both and keeps its id, username and password; the
other is closed. Different people: everything stays, or a staff code goes to a new account.
"""

from collections.abc import Iterable, Sequence
from typing import Literal

from hwb_identity.application.cases import tell_case
from hwb_identity.application.changes import COMMAND_LANE, Changes
from hwb_identity.application.ports import Decided, DoubtAsked, OpenDoubts, OpenPeople, PeopleStore
from hwb_identity.domain.doubt import Doubt, DoubtKind, Withdrawn
from hwb_identity.domain.home import Decision, DecisionKind
from hwb_identity.domain.people import People
from hwb_identity.domain.person import Evaluation, Person
from hwb_identity.errors import (
    AccountNotInDoubtError,
    DoubtChangedError,
    DoubtDecidedError,
    DoubtUnknownError,
)
from hwb_runtime.unit_of_work import UnitOfWork
from hwb_schemas.refs import PersonRefs
from hwb_schemas.words import CaseChange, CaseKind

Verdict = Literal["same_person", "different_people"]
# Two are told apart only until they are one; a proposal that was withdrawn may still be right.
_MAY_BECOME: dict[Verdict, tuple[str, ...]] = {
    "same_person": ("open", "withdrawn", "different_people"),
    "different_people": ("open", "withdrawn"),
}


class Doubts:
    """Doubts that schools' words raise, and what the Service Desk makes of them."""

    def __init__(self, open_people: OpenPeople, open_doubts: OpenDoubts, refs: PersonRefs) -> None:
        self._open_people = open_people
        self._open_doubts = open_doubts
        self._refs = refs

    async def raise_all(self, doubts: Sequence[tuple[Doubt, str | None]], uow: UnitOfWork) -> None:
        """Raise a case for each; two UPNs that people have judged are never asked about again."""
        store = self._open_doubts(uow)
        for doubt, traceparent in doubts:
            case_key = self._case_key(doubt)
            if await store.open(case_key, doubt, at=uow.now):
                _tell(uow, CaseChange.RAISED, case_key, doubt, cause=traceparent)

    async def withdraw(self, statements: Iterable[Withdrawn], uow: UnitOfWork) -> None:
        """Close open proposals of a merge that no school's word proposes any more."""
        store = self._open_doubts(uow)
        for withdrawn in statements:
            for asked in await store.withdraw(withdrawn, at=uow.now):
                _tell(uow, CaseChange.RESOLVED, asked.case_key, asked.doubt)

    def _case_key(self, doubt: Doubt) -> str:
        """Of a merge: the same for both orders of the two UPNs, which it does not reveal."""
        about = doubt.account_id or ""
        if doubt.other_key is not None:
            about = self._refs.of(" ".join(sorted((doubt.key, doubt.other_key))))
        return f"identity/{doubt.kind.value}/{about}"

    async def decide(
        self,
        case_key: str,
        verdict: Verdict,
        *,
        seen: str,
        kept_account_id: str | None,
        by: str,
        reason: str,
        uow: UnitOfWork,
    ) -> DoubtAsked:
        """Decide, once; ``seen`` are the versions of both accounts as the caller saw them.

        Raises DoubtUnknownError, DoubtDecidedError, DoubtChangedError, AccountNotInDoubtError.
        """
        doubts = self._open_doubts(uow)
        asked = await doubts.lock(case_key)
        if asked is None:
            raise DoubtUnknownError
        if asked.state not in _MAY_BECOME[verdict]:
            raise DoubtDecidedError
        store = self._open_people(uow)
        people, one, other = await self._both(asked.doubt, store)
        if versions_of(one, other) != seen:
            raise DoubtChangedError(versions_of(one, other))
        decision = Decision(DecisionKind.MERGED, by, uow.now.isoformat(), reason)
        evaluations: list[Evaluation] = []
        if verdict == "same_person" and one is not None and other is not None:
            kept, absorbed = _kept_first(one, other, kept_account_id)
            evaluations = people.merge(kept=kept.key, absorbed=absorbed.key, decision=decision)
        elif verdict == "different_people" and _is_left_with_code(asked.doubt):
            evaluations = people.split(asked.doubt.key)
        changes = Changes(uow, self._refs, lane=COMMAND_LANE)
        for evaluation in evaluations:
            changes.note(evaluation, cause=f"command:{case_key}", decided=Decided(by, reason))
        await changes.write(people, store)
        await doubts.decide(case_key, state=verdict, by=by, reason=reason, at=uow.now)
        _tell(uow, CaseChange.RESOLVED, case_key, asked.doubt)
        return asked._replace(state=verdict)

    async def show(
        self, case_key: str, uow: UnitOfWork
    ) -> tuple[DoubtAsked, Person | None, Person | None]:
        """A doubt and the two persons as they are. Raises DoubtUnknownError."""
        asked = await self._open_doubts(uow).lock(case_key)
        if asked is None:
            raise DoubtUnknownError
        _, one, other = await self._both(asked.doubt, self._open_people(uow))
        return asked, one, other

    async def _both(
        self, doubt: Doubt, store: PeopleStore
    ) -> tuple[People, Person | None, Person | None]:
        """The two persons, locked; the second is None where there is one, or one by now."""
        keys = {doubt.key}
        if doubt.other_key is not None:
            keys.add(doubt.other_key)
        elif doubt.other_account_id is not None:
            row = await store.key_of_account(doubt.other_account_id)
            keys |= {row} if row is not None else set()
        people = await store.lock(keys)
        one = people.person_of(doubt.key)
        other = None
        if doubt.other_key is not None:
            other = people.person_of(doubt.other_key)
        elif doubt.other_account_id is not None:
            other = _with_account(people, doubt.other_account_id)
        if one is not None and other is not None and one.key == other.key:
            other = None
        return people, one, other


def versions_of(one: Person | None, other: Person | None) -> str:
    """The versions of both accounts, 0 where there is none: what a decision builds on."""
    return ".".join(str(who.account.version if who and who.account else 0) for who in (one, other))


def _is_left_with_code(doubt: Doubt) -> bool:
    return doubt.kind is DoubtKind.STAFF_CODE and doubt.other_account_id is None


def _with_account(people: People, account_id: str) -> Person | None:
    return next(
        (
            person
            for person in people.now.values()
            if person.account is not None and person.account.account_id == account_id
        ),
        None,
    )


def _kept_first(one: Person, other: Person, kept: str | None) -> tuple[Person, Person]:
    """Whose account is kept: the one asked for, else the older, whose owner has used it longer."""
    by_age = sorted((one, other), key=lambda who: who.account.account_id if who.account else "~")
    if kept is None:
        return by_age[0], by_age[1]
    ids = [who.account.account_id if who.account else None for who in by_age]
    if kept not in ids:
        raise AccountNotInDoubtError
    return (by_age[0], by_age[1]) if ids[0] == kept else (by_age[1], by_age[0])


def _tell(
    uow: UnitOfWork, change: CaseChange, case_key: str, doubt: Doubt, cause: str | None = None
) -> None:
    named = {
        "account_id": doubt.account_id,
        "other_account_id": doubt.other_account_id,
        "school": doubt.school,
    }
    tell_case(
        uow,
        change,
        case_key=case_key,
        kind=CaseKind(doubt.kind.value),
        school=doubt.school,
        facts={name: value for name, value in named.items() if value is not None},
        cause=cause,
    )
