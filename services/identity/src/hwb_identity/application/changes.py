"""What a transaction changes about accounts, kept until names are taken, then written at once.

Every way in which an account can change ends here: events, history and cases are never forgotten
by one of them.
"""

from collections import Counter
from typing import NamedTuple

import orjson

from hwb_identity.application.cases import tell_case
from hwb_identity.application.ports import Decided, NameLane, PeopleStore, RememberedChange
from hwb_identity.domain.home import Decision, Standing, aliases_of
from hwb_identity.domain.names import name_stem, sign_in_name
from hwb_identity.domain.people import People
from hwb_identity.domain.person import Account, ContestedCase, Evaluation, Person, PersonCase
from hwb_identity.domain.retention import Retention
from hwb_runtime.unit_of_work import UnitOfWork
from hwb_schemas.refs import PersonRefs
from hwb_schemas.words import AccountChange, CaseKind

ACCOUNTS = "hwb.identity.accounts"
# Beyond the twelve partitions, whose slices take names in a lane of their own.
COMMAND_LANE = 14
DUE_LANE = 15
_TYPES = {change: f"wales.hwb.identity.account.{change.value}.v1" for change in AccountChange}


class _Noted(NamedTuple):
    evaluation: Evaluation
    change: AccountChange
    cause: str
    traceparent: str | None
    decided: Decided | None
    lane: int


class Changes:
    """The changes of one unit of work. ``lane``: where sign-in names are taken, if not noted."""

    def __init__(self, uow: UnitOfWork, person_refs: PersonRefs, *, lane: int) -> None:
        self._uow = uow
        self._at = uow.now.isoformat()
        self._refs = person_refs
        self._lane = lane
        self._noted: list[_Noted] = []

    def note(
        self,
        evaluation: Evaluation,
        *,
        cause: str,
        traceparent: str | None = None,
        decided: Decided | None = None,
        lane: int | None = None,
    ) -> None:
        """Keep an evaluation; one without a difference is forgotten. ``decided``: by whom, why."""
        if (change := evaluation.change) is not None:
            where = self._lane if lane is None else lane
            self._noted.append(_Noted(evaluation, change, cause, traceparent, decided, where))
        for case in evaluation.cases:
            self._tell(evaluation.person, case, cause=traceparent)

    async def write(self, people: People, store: PeopleStore) -> None:
        """Take names, write persons and history, publish events: all within the transaction."""
        names = await self._take_names(store)
        if names:
            _give_names(people, names)
        await store.save(people, self._uow.now)
        matched = [
            account.account_id
            for noted in self._noted
            if noted.change is AccountChange.MATCHED
            and (account := noted.evaluation.person.account) is not None
        ]
        if matched:
            await store.hide_passwords(matched)
        await store.remember([self._publish(noted, names) for noted in self._noted])

    async def _take_names(self, store: PeopleStore) -> dict[str, str]:
        new: list[tuple[str, NameLane]] = []
        for noted in self._noted:
            account = noted.evaluation.person.account
            if noted.change is AccountChange.CREATED and account is not None:
                new.append((account.account_id, (name_stem(account.display_name), noted.lane)))
        if not new:
            return {}
        numbers = await store.take_names(Counter(where for _, where in new))
        free = {where: iter(some) for where, some in numbers.items()}
        return {account_id: sign_in_name(where[0], next(free[where])) for account_id, where in new}

    def _publish(self, noted: _Noted, names: dict[str, str]) -> RememberedChange:
        """Publish one change; gives its row of the history."""
        person, change = noted.evaluation.person, noted.change
        account, standing = person.account, person.standing
        if account is None or standing is None:
            raise AssertionError("a change of an account that is not there")
        account_id = account.account_id
        name = account.sign_in_name or names[account_id]
        refs = [self._refs.of(key) for key in person.keys]
        plain = account_json(account, standing, name, refs, person.retention, person.decisions)
        value = event_value(change.value, account.version, plain, self._at)
        self._uow.publish_json(ACCOUNTS, account_id, _TYPES[change], value, cause=noted.traceparent)
        return RememberedChange(
            account_id,
            account.version,
            self._at,
            change.value,
            noted.cause,
            plain.decode(),
            noted.decided,
        )

    def _tell(self, person: Person, case: PersonCase, *, cause: str | None) -> None:
        account_id = person.account.account_id if person.account else ""
        if isinstance(case, ContestedCase):
            kind, school = CaseKind.CONTESTED_CLAIM, case.schools[0]
            case_key = f"identity/contested_claim/{account_id}"
            facts = {"schools": ", ".join(case.schools), "since": case.since.isoformat()}
        else:
            kind, school = CaseKind.PENDING_TOO_LONG, case.waiting.school
            case_key = f"identity/pending_too_long/{account_id}/{school}"
            facts = {"school": school, "since": case.waiting.since.isoformat()}
        tell_case(
            self._uow,
            case.change,
            case_key=case_key,
            kind=kind,
            school=school,
            facts={"account_id": account_id, **facts},
            cause=cause,
        )


def account_json(
    account: Account,
    standing: Standing,
    sign_in_name: str,
    person_refs: list[str],
    retention: Retention | None,
    decisions: tuple[Decision, ...],
) -> bytes:
    """The JSON of an account as its events have it."""
    told: dict[str, object] = {
        "account_id": account.account_id,
        "role": account.role,
        "status": standing.status,
        "sign_in_name": sign_in_name,
        "display_name": account.display_name,
        "home_school": standing.home,
        "other_schools": standing.other_schools,
        "year_group": standing.year_group,
        "classes": standing.classes,
        "person_refs": person_refs,
        "deletes_on": retention.deletes_on if retention is not None else None,
    }
    if decisions and (aliases := aliases_of(decisions)):
        told["aliases"] = aliases
    return orjson.dumps(told)


def event_value(change: str, version: int, account: bytes, changed_at: str) -> bytes:
    """The JSON of an account's event; ``account`` is JSON, ``changed_at`` is ISO."""
    return b'{"change":"%b","version":%d,"account":%b,"changed_at":"%b"}' % (
        change.encode(),
        version,
        account,
        changed_at.encode(),
    )


def type_of(change: str) -> str:
    """The CloudEvents type of an account's event."""
    return _TYPES[AccountChange(change)]


def _give_names(people: People, names: dict[str, str]) -> None:
    for key, person in people.now.items():
        account = person.account
        if account is not None and not account.sign_in_name:
            named = account._replace(sign_in_name=names[account.account_id])
            people.now[key] = person._replace(account=named)
