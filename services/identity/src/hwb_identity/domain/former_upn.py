"""Whether two UPNs are one learner: a stated former UPN is believed only under conditions.

The same account if name and date of birth agree and the two were never on one roll together; else
a case proposes the merge to people.
"""

from hwb_identity.domain.doubt import names_of
from hwb_identity.domain.enrolment import Enrolment
from hwb_identity.domain.person import Person
from hwb_schemas.words import RecordState

_PRESENT = (RecordState.ON_ROLL, RecordState.MISSING)


def are_one_learner(former: tuple[Enrolment, ...], present: tuple[Enrolment, ...]) -> bool:
    """Whether what is known under the former UPN and under the present one is of one learner."""
    return _names_agree(former, present) and not _were_together(former, present)


def joined(into: Person, other: Person) -> Person:
    """``into`` with everything that is known of ``other``, whose account, if any, is left out."""
    both = (*into.enrolments, *other.enrolments)
    # After a staff code was used again both may have one school's word under one key: the later.
    latest = {(one.school, one.key): one for one in sorted(both, key=lambda one: one.run_seq)}
    enrolments = tuple(one for one in both if latest[one.school, one.key] is one)
    return into._replace(
        keys=tuple(sorted({*into.keys, *other.keys})),
        enrolments=enrolments,
    )


def with_key(person: Person, key: str) -> Person:
    """The person, known under one more key."""
    return person._replace(keys=tuple(sorted({*person.keys, key})))


def without_key(person: Person, key: str) -> Person:
    """The person, after a key turned out to be another's."""
    return person._replace(keys=tuple(one for one in person.keys if one != key))


def _names_agree(former: tuple[Enrolment, ...], present: tuple[Enrolment, ...]) -> bool:
    return any(
        _identity(old) == _identity(new) and old.born is not None
        for old in former
        for new in present
    )


def _identity(enrolment: Enrolment) -> tuple[tuple[str, str], object]:
    return names_of(enrolment), enrolment.born


def _were_together(former: tuple[Enrolment, ...], present: tuple[Enrolment, ...]) -> bool:
    """Whether one school's run had both: its word on the former is as late as on the present.

    Where the word on the former UPN is older, the school's ``replaced`` is still under way.
    """
    return any(
        old.school == new.school
        and old.state in _PRESENT
        and new.state in _PRESENT
        and (old.run_seq >= new.run_seq or new.former_key != old.key)
        for old in former
        for new in present
    )
