"""What vanished, returned, renamed and rejected people mean: DESIGN 6, Ingest and Learners."""

import pytest
from tests.support.school_export import upn

from hwb_mis_ingest.domain.difference import Published, Word, words_of_run
from hwb_mis_ingest.domain.judgement import Person
from hwb_mis_ingest.domain.snapshot import Shield
from hwb_schemas.words import RecordKind, RecordState

NO_SHIELD = Shield(frozenset(), frozenset(), frozenset())


def learner(serial: int, *, number: str | None = None, **changes: object) -> Person:
    record = {
        "upn": upn(serial),
        "former_upn": None,
        "local_id": f"L{serial}",
        "surname": "Parry",
        "birth_date": "2010-03-04",
        "admission_number": number or f"{serial:06d}",
        "leaving_date": None,
        "enrolment_status": "C",
        "classes": [],
        **changes,
    }
    state = RecordState.LEFT if record["leaving_date"] else RecordState.ON_ROLL
    return Person(RecordKind.LEARNER, upn(serial), f"L{serial}", state, record, 2)


def published(person: Person, state: RecordState | None = None) -> Published:
    return Published(person.kind, person.code, state or person.state, person.record)


def words(
    rows: list[tuple[Person, Published | None]],
    vanished: list[Published] | None = None,
    *,
    shield: Shield = NO_SHIELD,
    unsure: frozenset[str] = frozenset(),
) -> list[Word]:
    return words_of_run(
        people=[person for person, _ in rows],
        differing={index: before for index, (_, before) in enumerate(rows)},
        vanished=vanished or [],
        shield=shield,
        birth_date_unsure=unsure,
    )


def test_a_new_row_is_published_whole() -> None:
    person = learner(1)
    (word,) = words([(person, None)])

    assert (word.state, word.changed, word.is_new) == (RecordState.ON_ROLL, (), True)
    assert word.record is person.record


def test_a_changed_row_says_which_fields_changed() -> None:
    before = published(learner(1, year_group="6", classes=["a"]))
    (word,) = words([(learner(1, year_group="7", classes=["b"]), before)])

    assert word.changed == ("classes", "year_group")
    assert not word.is_new


@pytest.mark.parametrize(
    ("enrolment", "state", "then"),
    [
        ("C", RecordState.ON_ROLL, RecordState.MISSING),
        ("M", RecordState.ON_ROLL, RecordState.MISSING),
        ("S", RecordState.ON_ROLL, RecordState.WITHDRAWN),
        ("G", RecordState.ON_ROLL, RecordState.WITHDRAWN),
    ],
)
def test_who_vanishes_is_missing_if_current_or_main_else_withdrawn(
    enrolment: str, state: RecordState, then: RecordState
) -> None:
    before = published(learner(1, enrolment_status=enrolment), state)
    (word,) = words([], [before])

    assert (word.state, word.stated) == (then, None)
    assert word.record is before.record


@pytest.mark.parametrize("state", [RecordState.LEFT, RecordState.MISSING, RecordState.WITHDRAWN])
def test_one_that_had_left_stays_left_and_one_missing_is_not_said_twice(state: RecordState) -> None:
    assert words([], [published(learner(1), state)]) == []


def test_a_member_of_staff_who_vanishes_is_missing() -> None:
    before = Published(RecordKind.STAFF, "MLL", RecordState.ON_ROLL, {"local_id": "T1"})
    (word,) = words([], [before])
    assert word.state is RecordState.MISSING


def test_one_that_was_missing_and_is_back_as_before_is_on_roll_again() -> None:
    (word,) = words([(learner(1), published(learner(1), RecordState.MISSING))])
    assert (word.state, word.changed) == (RecordState.ON_ROLL, ())


@pytest.mark.parametrize(
    "shield",
    [
        Shield(frozenset({upn(1)}), frozenset(), frozenset()),
        Shield(frozenset(), frozenset({"L1"}), frozenset()),
        Shield(frozenset(), frozenset(), frozenset({"000001"})),
    ],
)
def test_a_rejected_row_does_not_count_as_missing(shield: Shield) -> None:
    assert words([], [published(learner(1))], shield=shield) == []


def test_a_changed_upn_with_the_same_admission_number_is_replaced_never_missing() -> None:
    new, gone = words([(learner(2, number="000001"), None)], [published(learner(1))])

    assert (new.code, new.record["former_upn"], new.derived_former_upn) == (upn(2), upn(1), upn(1))
    assert (gone.code, gone.state) == (upn(1), RecordState.REPLACED)


def test_a_changed_upn_is_known_also_a_run_after_the_old_one_went_missing() -> None:
    before = published(learner(1), RecordState.MISSING)
    new, gone = words([(learner(2, number="000001"), None)], [before])

    assert new.record["former_upn"] == upn(1)
    assert gone.state is RecordState.REPLACED


def test_an_admission_number_of_one_that_had_left_is_not_a_changed_upn() -> None:
    before = published(learner(1), RecordState.LEFT)
    (new,) = words([(learner(2, number="000001"), None)], [before])
    assert new.record["former_upn"] is None


def test_a_stated_former_upn_replaces_it_whatever_the_admission_number() -> None:
    row = learner(2, former_upn=upn(1))
    new, gone = words([(row, published(learner(2)))], [published(learner(1))])

    assert (new.changed, new.derived_former_upn) == (("former_upn",), None)
    assert (gone.code, gone.state) == (upn(1), RecordState.REPLACED)


def test_a_former_upn_that_was_never_on_this_roll_is_only_told() -> None:
    (word,) = words([(learner(2, former_upn=upn(1)), None)])
    assert word.record["former_upn"] == upn(1)


def test_a_derived_former_upn_stays_when_the_row_changes_later() -> None:
    before = published(learner(2, former_upn=upn(1)))
    before = Published(before.kind, before.code, before.state, before.record, upn(1))
    (word,) = words([(learner(2, surname="Rees"), before)])

    assert word.changed == ("surname",)
    assert (word.record["former_upn"], word.derived_former_upn) == (upn(1), upn(1))


def test_a_rejected_birth_date_does_not_advance_the_published_one() -> None:
    row, before = learner(1, birth_date=None), published(learner(1))

    assert words([(row, before)], unsure=frozenset({upn(1)})) == []
    (word,) = words(
        [(learner(1, birth_date=None, surname="Rees"), before)], unsure=frozenset({upn(1)})
    )
    assert (word.changed, word.record["birth_date"]) == (("surname",), "2010-03-04")
