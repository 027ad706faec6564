"""What a school's words would do to accounts, by the rules themselves, without doing it.

Nothing is locked or written: the words are taken by ``People`` in memory, as a slice would be.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

from hwb_identity.application.ports import OpenPeople
from hwb_identity.application.take_changes import ROLES, keys_of, readable
from hwb_identity.domain.enrolment import enrolment_said
from hwb_identity.domain.person import Person
from hwb_runtime.unit_of_work import UnitOfWork
from hwb_schemas.events import RecordChanged
from hwb_schemas.words import AccountChange


class WouldChange(NamedTuple):
    """A change of an account that the word with this number would make.

    ``person`` is as after it; ``is_new`` where the word makes the account, whose id is made up.
    """

    number: int
    change: AccountChange
    person: Person
    is_new: bool


@dataclass(frozen=True, slots=True)
class WouldBe:
    """What words would do.

    ``pending`` are numbers of words whose school would wait for the learner, ``doubtful`` of words
    that would raise a doubt whether two are one person.
    """

    changes: Sequence[WouldChange]
    pending: Sequence[int]
    doubtful: Sequence[int]


class PreviewWords:
    """Asks the rules about words that nobody has said yet."""

    def __init__(self, open_people: OpenPeople) -> None:
        self._open_people = open_people

    async def __call__(
        self, words: Sequence[tuple[str, RecordChanged]], uow: UnitOfWork
    ) -> WouldBe:
        """By (key, word), in order. Raises PoisonError for a word that no rule can judge."""
        for _, change in words:
            readable(change)
        people = await self._open_people(uow).read(keys_of(words))
        known = {one.account.account_id for one in people.stored.values() if one.account}
        changes: list[WouldChange] = []
        pending, doubtful = [], []
        for number, (key, change) in enumerate(words):
            taken = people.take(enrolment_said(change, key), ROLES[change.kind])
            if taken is None:
                continue
            for one in taken.evaluations:
                account = one.person.account
                if one.change is not None and account is not None:
                    is_new = account.account_id not in known
                    changes.append(WouldChange(number, one.change, one.person, is_new))
            if taken.leaves_pending:
                pending.append(number)
            if taken.doubt is not None:
                doubtful.append(number)
        return WouldBe(changes, pending, doubtful)
