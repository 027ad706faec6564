"""Faults planted in the rules of DESIGN 6, one at a time, each of which a search must find.

Each replaces one small part of the domain, as a slip of the pen would.
"""

from collections.abc import Callable
from datetime import date
from typing import Any

import pytest

from hwb_identity.domain import enrolment, former_upn, home, people, person
from hwb_identity.domain.enrolment import Enrolment
from hwb_identity.domain.home import Standing
from hwb_schemas.words import RecordState

Plant = Callable[[pytest.MonkeyPatch], None]


def the_present_home_does_not_keep_it(patch: pytest.MonkeyPatch) -> None:
    of_claims = home._claimed_by
    patch.setattr(home, "_claimed_by", lambda claims, _: of_claims(claims, None))


def the_next_is_not_by_admission_date(patch: pytest.MonkeyPatch) -> None:
    of_claims = home._claimed_by

    def by_number(claims: list[Enrolment], present: str | None) -> Enrolment:
        same_day = {claim.school: claim._replace(begins=None) for claim in claims}
        found = of_claims(list(same_day.values()), present)
        return of_claims([claim for claim in claims if claim.school == found.school], present)

    patch.setattr(home, "_claimed_by", by_number)


def a_release_does_not_end_pending(patch: pytest.MonkeyPatch) -> None:
    rules = person.evaluated

    def stays(one: person.Person, **how: Any) -> person.Evaluation:
        found = rules(one, **how)
        before, after = one.standing, found.person.standing
        if before is not None and after is not None and before.pending and after.home:
            kept = found.person._replace(standing=after._replace(home=before.home))
            return found._replace(person=kept)
        return found

    patch.setattr(people, "evaluated", stays)


def a_missing_record_does_not_yield(patch: pytest.MonkeyPatch) -> None:
    rule = enrolment.is_on_roll

    def on_roll(one: Enrolment, *when: Any) -> bool:
        return one.state is RecordState.MISSING or rule(one, *when)

    patch.setattr(home, "is_on_roll", on_roll)


def a_missing_record_keeps_nothing(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(home, "_kept_by", lambda *_: None)


def a_subsidiary_or_guest_claims(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(home, "is_main", lambda _: True)


def the_rollover_window_is_ignored(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(enrolment, "counts_from", lambda day, *_: day)


def a_leaving_date_to_come_counts_at_once(patch: pytest.MonkeyPatch) -> None:
    def has_left(one: Enrolment, *_: Any) -> bool:
        return one.leaving is not None or one.state is RecordState.LEFT

    patch.setattr(home, "has_left", has_left)
    patch.setattr(enrolment, "has_left", has_left)


def an_admission_to_come_claims_at_once(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(home, "has_begun", lambda *_: True)


def nobody_is_taken_up_on_the_day(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(person, "days_to_come", lambda *_: None)


def a_leaving_date_withdrawn_stays(patch: pytest.MonkeyPatch) -> None:
    rule = person.with_word

    def keeps_leaving(one: person.Person, said: Enrolment) -> person.Person | None:
        before = person.enrolment_at(one, said.school, said.key)
        leaving = said.leaving or (before.leaving if before else None)
        return rule(one, said._replace(leaving=leaving))

    patch.setattr(people, "with_word", keeps_leaving)


def released_from_the_earliest_leaving_date(patch: pytest.MonkeyPatch) -> None:
    rule = home.last_left

    def first_left(all_of_them: tuple[Enrolment, ...], *when: Any) -> Enrolment | None:
        left = [one for one in all_of_them if rule((one,), *when) is not None]
        return min(left, key=lambda one: one.leaving or date.min, default=None)

    patch.setattr(home, "last_left", first_left)


def the_sequence_of_a_schools_word_is_not_compared(patch: pytest.MonkeyPatch) -> None:
    def heard(one: person.Person, said: Enrolment) -> person.Person:
        others = [e for e in one.enrolments if (e.school, e.key) != (said.school, said.key)]
        return one._replace(enrolments=(*others, said))

    patch.setattr(people, "enrolment_at", lambda *_: None)
    patch.setattr(people, "with_word", heard)


def a_former_upn_is_ignored(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(people.People, "_with_former", lambda _, one, *__: (one, one, None))


def a_former_upn_is_believed_whatever_the_name(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(former_upn, "_names_agree", lambda *_: True)


def a_key_once_stated_as_former_is_nobody_elses(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(people.People, "_is_foreign", staticmethod(lambda *_: False))


def two_accounts_are_made_one_without_a_case(patch: pytest.MonkeyPatch) -> None:
    rule = people.People._with_former

    def joins(
        everybody: people.People, one: person.Person, said: Enrolment, former_key: str
    ) -> Any:
        former = everybody.person_of(former_key)
        if former is not None and former.key != one.key and one.account and former.account:
            everybody.now.pop(former.key)
            return one, former_upn.joined(one, former), None
        return rule(everybody, one, said, former_key)

    patch.setattr(people.People, "_with_former", joins)


def a_replaced_record_keeps_the_account_for_ever(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(home, "_is_superseded", lambda *_: False)


def a_staff_code_used_again_joins_two_people(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(people, "begins_anew", lambda *_: False)


def a_rejected_row_advances_the_record(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(people, "is_for_diagnosis_only", lambda *_: False)


def a_change_of_classes_is_told_to_nobody_but_counted(patch: pytest.MonkeyPatch) -> None:
    rule = person.evaluated

    def counts(one: person.Person, **how: Any) -> person.Evaluation:
        found = rule(one, **how)
        account, before = found.person.account, one.standing
        if account is None or before is None or found.change is not None:
            return found
        return found._replace(
            person=found.person._replace(account=account._replace(version=account.version + 1))
        )

    patch.setattr(people, "evaluated", counts)


def a_second_school_is_shown_as_pending(patch: pytest.MonkeyPatch) -> None:
    rule = home.standing_of

    def shown(*args: Any, **how: Any) -> Standing | None:
        found = rule(*args, **how)
        if found is None:
            return None
        return found._replace(pending=tuple(sorted({*found.pending, *found.other_schools})))

    patch.setattr(person, "standing_of", shown)


MUTANTS: tuple[Plant, ...] = (
    the_present_home_does_not_keep_it,
    the_next_is_not_by_admission_date,
    a_release_does_not_end_pending,
    a_missing_record_does_not_yield,
    a_missing_record_keeps_nothing,
    a_subsidiary_or_guest_claims,
    the_rollover_window_is_ignored,
    a_leaving_date_to_come_counts_at_once,
    an_admission_to_come_claims_at_once,
    nobody_is_taken_up_on_the_day,
    a_leaving_date_withdrawn_stays,
    released_from_the_earliest_leaving_date,
    the_sequence_of_a_schools_word_is_not_compared,
    a_former_upn_is_ignored,
    a_former_upn_is_believed_whatever_the_name,
    a_key_once_stated_as_former_is_nobody_elses,
    two_accounts_are_made_one_without_a_case,
    a_replaced_record_keeps_the_account_for_ever,
    a_staff_code_used_again_joins_two_people,
    a_rejected_row_advances_the_record,
    a_change_of_classes_is_told_to_nobody_but_counted,
    a_second_school_is_shown_as_pending,
)
