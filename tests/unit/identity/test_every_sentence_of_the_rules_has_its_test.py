"""The rules of DESIGN 6 about learners and staff, sentence by sentence, and the tests of each.

A test that is renamed or deleted is missed here: a rule never loses its test without a word.
"""

import re

import pytest
from tests.support.repository import ROOT

SENTENCES = {
    "one account per UPN": ("one_account_per_upn_whatever_the_schools_say",),
    "evaluated again whenever one of them changes": (
        "it_is_evaluated_again_when_an_enrolment_changes",
        "it_is_evaluated_again_when_a_decision_is_recorded",
        "it_is_evaluated_again_when_the_calendar_changes",
        "it_is_evaluated_again_when_a_day_comes",
    ),
    "one school claims: created, rolled over, or after a release matched": (
        "one_school_claims_and_it_becomes_the_home",
        "a_learner_rolls_over_within_a_school",
        "the_secondary_school_matches_what_the_primary_released",
        "after_a_match_it_cannot_be_seen_only_reset_though_a_remembered_one_works",
    ),
    "several claim: the present home keeps it, the others are pending": (
        "several_claim_the_present_home_keeps_it_and_the_others_are_pending",
        "the_secondary_school_may_run_first_and_waits",
    ),
    "when it stops claiming, the next is matched (admission date, then school number)": (
        "when_it_stops_claiming_the_next_is_matched_by_admission_date_then_school_number",
    ),
    "pending beyond the limit raises a case; cases inform, they never block": (
        "pending_beyond_the_limit_raises_a_case_and_a_match_resolves_it",
        "a_contested_claim_is_a_case_that_says_what_and_who_and_blocks_nothing_else",
    ),
    "a missing record keeps it, and yields to any claim": (
        "a_missing_record_keeps_it_latest_admission_date_then_school_number",
        "a_missing_record_keeps_its_account_and_yields_to_any_claim",
    ),
    "else released from the school with the latest leaving date, unless on a leaver hold": (
        "nobody_claims_released_from_the_school_with_the_latest_leaving_date",
        "sign_in_stays_on_until_the_day_and_ends_by_itself",
    ),
    "a leaving date withdrawn simply claims again": (
        "a_leaving_date_withdrawn_simply_claims_again",
    ),
    "subsidiary and guest enrolments add a school; they never claim or create": (
        "subsidiary_and_guest_add_a_school_and_never_claim_or_create",
        "c_or_m_turned_s_or_g_stops_claiming_and_sign_in_goes_where_it_is_claimed",
    ),
    "a leaving or admission date in the future takes effect on its day": (
        "a_leaving_date_in_the_future_takes_effect_on_its_day",
        "an_admission_date_in_the_future_does_not_claim_yet",
    ),
    "one inside the rollover window takes effect when it opens, or on receipt if later": (
        "a_date_inside_the_rollover_window_takes_effect_when_it_opens",
        "an_admission_date_inside_the_rollover_window_takes_effect_when_it_opens",
        "a_leaving_date_sent_in_july_counts_when_the_window_opens",
        "or_on_receipt_if_later",
    ),
    "a changed or stated former UPN is replaced, never missing: the same account": (
        "a_changed_or_stated_former_upn_temporary_to_permanent_included_is_the_same_account",
        "a_changed_upn_is_replaced_never_missing",
        "a_changed_upn_with_the_same_admission_number_is_replaced_never_missing",
    ),
    "if name and date of birth agree and the two were never on one roll together": (
        "only_if_name_and_date_of_birth_agree_else_a_case_that_proposes_the_merge",
        "only_if_the_two_were_never_on_one_roll_together",
    ),
    "if both already have accounts, a case that proposes the merge": (
        "if_both_already_have_accounts_a_case_proposes_the_merge",
        "two_accounts_of_one_learner_are_a_case_and_nothing_waits_for_it",
    ),
    "decisions by hand: only a person or a date ends them": (
        "a_decision_by_hand_is_ended_by_a_person_not_by_a_run",
        "an_account_deactivated_by_hand_stays_so_through_a_merge",
    ),
    "staff: one account per school and code, made when the run brings it": (
        "an_account_is_made_when_the_run_brings_it_even_before_the_start_date",
    ),
    "staff: leaving date in effect, released and inactive": (
        "a_leaving_date_in_effect_releases_and_makes_inactive",
    ),
    "staff: new school, a new account": ("a_new_school_makes_a_new_account",),
    "staff: a start date after the leaving date is another person": (
        "a_start_date_after_the_leaving_date_is_another_person",
        "both_dates_in_one_record_are_two_persons",
    ),
    "staff: keeping the old account is a request: a case, then one transaction": (
        "keeping_the_old_account_becomes_one_case_however_often_it_is_asked",
        "on_approval_the_old_account_is_linked_and_the_new_one_deactivated",
    ),
    "staff: active while any record linked to it is on roll": (
        "an_account_is_active_while_any_record_linked_to_it_is_on_roll",
    ),
    "season guard: what is rejected or held changes nothing, and comes up again": (
        "a_rejected_or_held_row_changes_nothing_and_says_nothing_of_another_upn",
        "what_was_held_counts_when_it_comes_up_again",
        "a_held_row_gives_a_staff_code_to_nobody",
    ),
    "season guard: a rollback publishes, as a new run, the records as they were": (
        "a_rollback_is_a_new_run_that_gives_everybody_back_what_they_had",
        "a_rollback_gives_nobody_back_whom_another_school_has_matched_since",
    ),
    "season guard: a closing school, old number released, new number claims": (
        "a_closing_schools_learners_are_matched_by_its_new_number_whichever_runs_first",
    ),
}


@pytest.fixture(scope="module")
def names() -> set[str]:
    folders = [ROOT / "tests" / kind for kind in ("unit", "integration")]
    sources = [file.read_text() for folder in folders for file in folder.rglob("test_*.py")]
    return {name for text in sources for name in re.findall(r"def test_(\w+)\(", text)}


@pytest.mark.parametrize("sentence", SENTENCES)
def test_a_sentence_of_the_rules_has_a_test_that_is_named_after_it(
    sentence: str, names: set[str]
) -> None:
    assert SENTENCES[sentence], "a sentence without a test"
    assert set(SENTENCES[sentence]) <= names
