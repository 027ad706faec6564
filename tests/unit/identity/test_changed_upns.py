"""Learners whose UPN changes: DESIGN 6, in whichever order the records come."""

import itertools
from datetime import date
from typing import Any

import pytest
from tests.support.identity_speech import NEW_UPN, TEMPORARY, UPN, A, B, C, Speech, word

from hwb_identity.domain.doubt import DoubtKind
from hwb_identity.domain.enrolment import Enrolment
from hwb_schemas.words import AccountStatus, RecordState

STORIES = {
    "changed UPN": [
        word(A, 1),
        word(A, 2, RecordState.REPLACED),
        word(A, 2, key=NEW_UPN, former_key=UPN),
    ],
    "stated former UPN": [
        word(A, 1, RecordState.LEFT, leaving=date(2022, 8, 31)),
        word(B, 1, key=NEW_UPN, former_key=UPN),
    ],
    "temporary to permanent": [
        word(A, 1, key=TEMPORARY),
        word(A, 2, RecordState.REPLACED, key=TEMPORARY),
        word(A, 2, key=UPN, former_key=TEMPORARY),
    ],
}


def in_every_order(story: list[Enrolment]) -> list[Speech]:
    """Words under two UPNs come over two partitions: only those under one keep their order."""
    heard = []
    for words in itertools.permutations(story):
        by_key: dict[tuple[str, str], list[int]] = {}
        for said in words:
            by_key.setdefault((said.school, said.key), []).append(said.run_seq)
        if all(order == sorted(order) for order in by_key.values()):
            heard.append(Speech().hear(*words))
    return heard


@pytest.mark.parametrize("story", STORIES)
def test_a_changed_or_stated_former_upn_temporary_to_permanent_included_is_the_same_account(
    story: str,
) -> None:
    orders = in_every_order(STORIES[story])
    assert len(orders) > 1
    for speech in orders:
        assert len(speech.accounts) == 1
        assert speech.standing.status is AccountStatus.ACTIVE
        assert speech.doubts == []
    assert len({speech.standing.home for speech in orders}) == 1 or story == "stated former UPN"


def test_a_changed_upn_is_replaced_never_missing() -> None:
    for speech in in_every_order(STORIES["changed UPN"]):
        assert speech.standing.home == A
        left = word(A, 3, RecordState.LEFT, key=NEW_UPN, former_key=UPN, leaving=date(2022, 7, 1))
        assert speech.hear(left).standing.home is None, "the replaced record keeps nothing"


def test_a_former_upn_that_a_later_export_leaves_out_stays_stated() -> None:
    for speech in in_every_order(STORIES["changed UPN"]):
        left = word(A, 3, RecordState.LEFT, key=NEW_UPN, leaving=date(2022, 7, 1))
        assert speech.hear(left).standing.home is None, "the replaced record keeps nothing"
    late = Speech().hear(
        word(A, 2, key=NEW_UPN, former_key=UPN), word(A, 3, key=NEW_UPN), word(A, 1)
    )
    assert len(late.accounts) == 1


@pytest.mark.parametrize(
    "other", [{"forename": "Heledd"}, {"surname": "Prydderch"}, {"born": date(2011, 3, 5)}]
)
def test_only_if_name_and_date_of_birth_agree_else_a_case_that_proposes_the_merge(
    other: dict[str, Any],
) -> None:
    speech = Speech().hear(word(A, 1), word(B, 1, key=NEW_UPN, former_key=UPN, **other))
    assert len(speech.accounts) == 2
    assert [doubt.kind for doubt in speech.doubts] == [DoubtKind.MERGE]


def test_only_if_the_two_were_never_on_one_roll_together() -> None:
    speech = Speech().hear(
        word(A, 1), word(A, 1, key=NEW_UPN), word(A, 2, key=NEW_UPN, former_key=UPN)
    )
    assert len(speech.accounts) == 2
    assert [doubt.kind for doubt in speech.doubts] == [DoubtKind.MERGE]


def test_if_they_were_on_one_roll_together_no_account_is_shared_though_only_one_has_any() -> None:
    speech = Speech().hear(word(A, 2), word(A, 2, key=NEW_UPN, former_key=UPN))
    assert len(speech.accounts) == 2
    assert [doubt.kind for doubt in speech.doubts] == [DoubtKind.MERGE]


def test_if_both_already_have_accounts_a_case_proposes_the_merge() -> None:
    speech = Speech().hear(
        word(A, 1), word(B, 1, key=NEW_UPN), word(B, 2, key=NEW_UPN, former_key=UPN)
    )
    assert len(speech.accounts) == 2
    assert [doubt.kind for doubt in speech.doubts] == [DoubtKind.MERGE]
    assert {speech.doubts[0].account_id, speech.doubts[0].other_account_id} == set(speech.accounts)


def test_the_same_statement_again_raises_no_second_case() -> None:
    speech = Speech().hear(word(A, 1), word(B, 1, key=NEW_UPN))
    speech.hear(*[word(B, seq, key=NEW_UPN, former_key=UPN) for seq in (2, 3)])
    assert len(speech.doubts) == 1


@pytest.mark.parametrize("instead", [None, TEMPORARY])
def test_a_former_upn_that_was_not_believed_is_withdrawn_when_its_school_states_it_no_more(
    instead: str | None,
) -> None:
    speech = Speech().hear(word(A, 1), word(B, 1, key=NEW_UPN))
    speech.hear(word(B, 2, key=NEW_UPN, former_key=UPN))
    speech.hear(word(B, 3, key=NEW_UPN, former_key=instead))
    (withdrawn,) = speech.withdrawn
    assert withdrawn.former_key == UPN
    assert NEW_UPN in withdrawn.keys
    assert len(speech.accounts) == 2


def test_a_former_upn_is_not_withdrawn_while_another_school_has_stated_it() -> None:
    speech = Speech().hear(word(A, 1), word(B, 1, key=NEW_UPN), word(C, 1, key=NEW_UPN))
    speech.hear(*[word(school, 2, key=NEW_UPN, former_key=UPN) for school in (B, C)])
    speech.hear(word(C, 3, key=NEW_UPN, former_key=TEMPORARY))
    assert speech.withdrawn == [], "the other school states it still"
    speech.hear(word(B, 3, key=NEW_UPN, former_key=TEMPORARY))
    assert [one.former_key for one in speech.withdrawn] == [UPN]


def test_a_former_upn_that_is_stated_anew_in_the_same_slice_is_not_withdrawn() -> None:
    speech = Speech().hear(word(A, 1), word(B, 1, key=NEW_UPN))
    speech.hear(
        *[
            word(B, n, key=NEW_UPN, former_key=former)
            for n, former in ((2, UPN), (3, None), (4, UPN))
        ]
    )
    assert len(speech.doubts) == 1
    assert speech.withdrawn == [], "one slice ends as its last word says"


def test_a_learner_is_known_under_each_of_three_upns() -> None:
    speech = Speech().hear(
        word(A, 1, key=TEMPORARY),
        word(B, 1, key=NEW_UPN, former_key=UPN),
        word(A, 2, key=UPN, former_key=TEMPORARY),
        word(A, 2, RecordState.REPLACED, key=TEMPORARY),
    )
    assert len(speech.accounts) + len(speech.doubts) == 3, "two accounts, and a case that says so"
    straight = Speech().hear(
        word(A, 1, key=TEMPORARY),
        word(A, 2, key=UPN, former_key=TEMPORARY),
        word(A, 2, RecordState.REPLACED, key=TEMPORARY),
        word(B, 1, key=NEW_UPN, former_key=UPN),
    )
    assert len(straight.accounts) == 1
    assert straight.standing.pending == (B,)
    (person,) = straight.persons
    assert person.keys == tuple(sorted((TEMPORARY, UPN, NEW_UPN)))
