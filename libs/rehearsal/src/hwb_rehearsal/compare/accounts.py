"""Every account as ``hwb.identity.accounts`` tells it, and each person's against the story."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from hwb_rehearsal.broker.feed import Record
from hwb_rehearsal.compare.rows import Row, row_of_each, row_of_faults
from hwb_rehearsal.story import lines
from hwb_rehearsal.story.expectation import ACTIVE, Line, Person
from hwb_schemas.events import Account, AccountChanged
from hwb_schemas.refs import PersonRefs

TOPIC = "hwb.identity.accounts"


class Accounts:
    """The last version of each account, and which accounts ever had which person_ref."""

    def __init__(self, refs: PersonRefs) -> None:
        self._refs = refs
        self._ref_of: dict[str, str] = {}
        self._versions: dict[str, int] = {}
        self.by_id: dict[str, Account] = {}
        self.ids_of_ref: dict[str, list[str]] = defaultdict(list)
        self.id_by_name: dict[str, str] = {}
        self.changes = 0

    def take(self, record: Record) -> None:
        """One record of the topic, in the order of its partition."""
        if record.value is None:
            self.by_id.pop(record.key, None)
            return
        event = AccountChanged.model_validate(record.value)
        if event.version <= self._versions.get(record.key, 0):
            return
        self._versions[record.key] = event.version
        self.by_id[record.key] = event.account
        self.id_by_name[event.account.sign_in_name.lower()] = record.key
        for ref in event.account.person_refs:
            if record.key not in self.ids_of_ref[ref]:
                self.ids_of_ref[ref].append(record.key)
        self.changes += 1

    def ref(self, key: str) -> str:
        """The person_ref of a UPN or staff key."""
        found = self._ref_of.get(key)
        if found is None:
            found = self._ref_of[key] = self._refs.of(key)
        return found

    def ids(self, key: str) -> list[str]:
        """The accounts of a person, the oldest first."""
        return self.ids_of_ref.get(self.ref(key), [])


@dataclass(frozen=True, slots=True)
class PersonCheck:
    """Compares one person; ``may`` is each person's account id after the first provisioning."""

    accounts: Accounts
    may: Mapping[str, str]

    def __call__(self, person: Person) -> str | None:
        """What is not as it must be, or None."""
        ids = self.accounts.ids(person.key)
        account = self.accounts.by_id.get(ids[0]) if ids else None
        fault = self._fault(person, account)
        return f"…{self.accounts.ref(person.key)[-6:]} {fault}" if fault else None

    def _fault(self, person: Person, account: Account | None) -> str | None:
        if account is None:
            return "has no account" if person.has_account else None
        if not person.has_account:
            return "has an account and should not"
        if person.account_of and account.account_id != self.may.get(person.account_of):
            return "is not the account of May"
        if person.not_account_of and account.account_id == self.may.get(person.not_account_of):
            return "is the account of the previous school"
        if person.status != ACTIVE:
            seen: tuple[object, ...] = (account.status.value,)
            return _unequal(("status",), (person.status,), seen)
        return _unequal(
            ("status", "school", "year group", "classes", "other schools"),
            (
                *(person.status, person.home, person.year_group),
                *(person.classes, person.other_schools),
            ),
            (
                *(account.status.value, account.home_school, account.year_group),
                *(account.classes, account.other_schools),
            ),
        )


def _unequal(
    names: tuple[str, ...], expected: tuple[object, ...], seen: tuple[object, ...]
) -> str | None:
    faults = [
        f"{name} {_shown(is_)} instead of {_shown(should)}"
        for name, should, is_ in zip(names, expected, seen, strict=True)
        if should != is_
    ]
    return ", ".join(faults) or None


def _shown(value: object) -> str:
    if isinstance(value, tuple):
        return " ".join(str(part) for part in value) or "none"
    return str(value)


def person_rows(persons: Iterable[Person], check: PersonCheck) -> list[Row]:
    """A row for each line that these persons are on, in the order of the lines."""
    by_line: dict[Line, list[Person]] = defaultdict(list)
    for person in persons:
        by_line[person.line].append(person)
    return [row_of_each(line, group, check, noun="person") for line, group in by_line.items()]


def one_account_row(persons: Sequence[Person], accounts: Accounts) -> Row:
    """Each person has one account at most, and no account is somebody else's."""
    known = {key for person in persons for key in (person.key, person.account_of) if key}
    refs = {accounts.ref(key) for key in known}
    doubled = [
        f"…{accounts.ref(key)[-6:]} has {len(ids)} accounts"
        for key in sorted(known)
        if len(ids := accounts.ids(key)) > 1
    ]
    strange = [
        f"account {account_id[-6:]} is nobody's"
        for account_id, account in list(accounts.by_id.items())
        if refs.isdisjoint(account.person_refs)
    ]
    wanted = sum(person.has_account for person in persons)
    return row_of_faults(
        lines.ONE_ACCOUNT,
        expected=f"{wanted:,} accounts",
        actual=f"{len(accounts.by_id):,} accounts",
        faults=[*doubled, *strange],
    )
