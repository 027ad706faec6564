"""The rules of DESIGN 6, sentence by sentence, and the tests of each.

A test that is renamed or deleted is missed here: a rule never loses its test without a word.
"""

import re

import pytest
from tests.support.repository import ROOT

INGEST = {
    "a run is a whole snapshot of one school": (
        "a_first_upload_publishes_every_record_and_class",
        "a_file_of_another_school_is_refused_and_says_which",
    ),
    "a bad row is rejected with its line, field and reason and the rest goes on": (
        "a_faulty_learner_is_rejected_with_line_field_and_reason",
        "a_faulty_member_of_staff_is_rejected",
        "a_rejected_row_neither_publishes_nor_advances_nor_counts_as_missing",
    ),
    "a bad file is refused whole": (
        "a_broken_or_foreign_upload_is_refused_and_changes_nothing",
        "a_line_that_is_not_of_the_format_refuses_the_file",
    ),
    "compared with the last published record; only differences are published": (
        "a_changed_row_says_which_fields_changed",
        "a_rollover_publishes_year_group_and_classes_and_withdraws_last_years_classes",
    ),
    "rejected, held and discarded rows do not advance it; what was held comes up again": (
        "a_rejected_row_neither_publishes_nor_advances_nor_counts_as_missing",
        "what_was_held_comes_up_again_until_it_is_mended",
        "a_discarded_list_publishes_nothing",
        "a_rejected_or_held_row_changes_nothing_and_says_nothing_of_another_upn",
        "what_was_held_counts_when_it_comes_up_again",
        "a_held_row_gives_a_staff_code_to_nobody",
    ),
    "the same upload twice publishes nothing": (
        "the_same_upload_again_publishes_nothing_and_settles_all_the_same",
    ),
    "runs of one school are taken in the order received": (
        "runs_of_one_school_are_published_in_the_order_received",
    ),
    "an extract older than the last is refused": ("an_extract_older_than_the_last_is_refused",),
    "what a learner and a member of staff need": (
        "a_faulty_learner_is_rejected_with_line_field_and_reason",
        "a_faulty_member_of_staff_is_rejected",
    ),
    "two staff rows with one code in a snapshot are both rejected": (
        "two_rows_with_one_staff_code_are_both_rejected",
    ),
    "C or M that vanishes from a full file is missing: flagged, mailed, not deactivated": (
        "who_vanishes_is_missing_if_current_or_main_else_withdrawn",
        "who_vanishes_is_missing_once_and_a_case_is_raised_and_resolved",
        "a_missing_record_keeps_its_account_and_yields_to_any_claim",
    ),
    "delta files make nobody missing": (
        "a_delta_changes_what_it_says_and_makes_nobody_missing",
        "only_a_whole_list_of_people_can_make_somebody_missing",
    ),
    "one that had left stays left, a subsidiary or guest one is withdrawn": (
        "one_that_had_left_and_vanishes_stays_left",
        "who_vanishes_is_missing_if_current_or_main_else_withdrawn",
    ),
    "an empty or header-only file is never everyone left, nor every class empty": (
        "an_upload_of_nobody_is_never_everyone_left",
        "a_header_only_file_is_never_everyone_left",
        "an_upload_with_every_class_empty_is_refused",
    ),
}

SEASON_GUARD = {
    "a school's expected leavers are its top year group": (
        "the_top_year_group_leaves_whole_in_the_rollover",
        "those_below_the_top_are_held_while_the_top_goes_through",
        "the_top_year_leaves_in_august_without_asking_but_only_once",
    ),
    "what stops claiming and class members removed are counted, cumulatively": (
        "left_missing_subsidiary_and_guest_stop_claiming",
        "places_lost_in_masses_are_held",
        "runs_of_one_season_are_counted_together_and_a_person_once",
        "drops_are_counted_together_over_runs",
    ),
    "beyond a limit those rows are held; a person approves that very list or discards it": (
        "mass_leavers_are_held_before_the_first_and_the_rest_goes_through",
        "the_very_list_is_approved_once_and_published_as_a_run_of_its_own",
        "a_discarded_list_publishes_nothing",
    ),
    "mass new-and-missing staff codes (a new MIS) are held likewise": (
        "as_many_new_staff_codes_as_missing_ones_are_a_new_mis",
        "mass_new_and_missing_staff_codes_of_a_new_mis_are_held_likewise",
    ),
    "a closing school is approved once, by its number; the new number claims": (
        "a_closing_school_is_approved_once_by_its_number",
        "a_closing_schools_learners_are_matched_by_its_new_number_whichever_runs_first",
    ),
    "a rollback publishes, as a new run, the records as they were before": (
        "a_rollback_brings_back_the_records_as_they_were_before",
        "a_rollback_is_a_new_run_that_gives_everybody_back_what_they_had",
        "a_rollback_gives_nobody_back_whom_another_school_has_matched_since",
    ),
    "except those changed since, which it lists": (
        "a_rollback_leaves_alone_and_lists_what_was_changed_since",
    ),
    "the school's later uploads wait until somebody approves one": (
        "after_a_rollback_uploads_wait_until_somebody_approves_one",
    ),
}

LEARNERS = {
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
    ),
    "the password can no longer be seen, only reset, though a remembered one still works": (
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
        "subsidiary_and_guest_enrolments_add_a_school_and_never_claim_or_create",
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
    "in whichever order the records come": (
        "a_changed_upn_is_the_same_account_in_whichever_order_the_records_come",
        "both_halves_of_a_changed_upn_at_once_are_one_account_each",
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
        "what_schools_say_after_a_merge_reaches_the_one_account_under_either_upn",
    ),
    "deleted (tombstone) twelve months after the later of leaving date and release": (
        "twelve_months_are_months_not_days",
        "the_later_of_leaving_date_and_processed_release_counts",
        "it_is_deleted_on_its_day_with_a_tombstone_and_everything_about_it",
    ),
    "deletion is announced thirty days before": (
        "it_is_announced_thirty_days_before_in_an_event_and_a_case_to_the_school",
        "who_was_down_on_the_day_gives_thirty_days_all_the_same",
    ),
    "deletion is guarded": (
        "a_mass_of_deletions_is_held_before_the_first_one_until_a_person_approves",
        "what_was_deleted_lately_counts_towards_the_limit",
    ),
    "never deleted with a claim, a hold, an open case or a parked event": (
        "a_claim_or_a_withdrawn_leaving_date_ends_the_announcement",
        "never_while_some_school_has_the_learner_on_a_roll",
        "never_with_a_hold_an_open_case_or_a_parked_event",
        "an_account_on_a_leaver_hold_is_not_due_until_the_hold_is_over",
    ),
}

STAFF = {
    "one account per school and code, made when the run brings it": (
        "an_account_is_made_when_the_run_brings_it_even_before_the_start_date",
    ),
    "leaving date in effect, released and inactive": (
        "a_leaving_date_in_effect_releases_and_makes_inactive",
    ),
    "new school, a new account": ("a_new_school_makes_a_new_account",),
    "a start date after the leaving date is another person": (
        "a_start_date_after_the_leaving_date_is_another_person",
        "both_dates_in_one_record_are_two_persons",
    ),
    "keeping the old account is a request: a case (2022: by mail or telephone; 2025: portal)": (
        "keeping_the_old_account_becomes_one_case_however_often_it_is_asked",
        "under_2022_whoever_asks_in_the_portal_is_told_to_contact_the_service_desk",
        "under_2025_the_new_accounts_owner_asks_and_the_service_desk_names_the_old_one",
    ),
    "on approval linked, reactivated, and the new one deactivated, in one transaction": (
        "on_approval_the_old_account_is_linked_and_the_new_one_deactivated",
    ),
    "active while any record linked to it is on roll": (
        "an_account_is_active_while_any_record_linked_to_it_is_on_roll",
    ),
}

PASSWORDS: dict[str, tuple[str, ...]] = {
    "an account starts without one; it is made when somebody first asks to see it": (
        "an_account_starts_without_a_password_and_the_first_to_ask_has_it_made",
        "a_teacher_resets_learners_and_the_digital_champion_staff_too",
    ),
    "shown until the account is matched elsewhere": (
        "after_a_match_it_cannot_be_seen_only_reset_though_a_remembered_one_works",
        "a_leaving_date_that_is_withdrawn_leaves_it_to_be_seen",
    ),
}

NON_MIS_AND_GOVERNORS = {
    "created by hand with an owner and a reason": (
        "an_account_is_made_once_with_owner_and_reason",
    ),
    "end-of-year review list (governors: with whom it was confirmed)": (
        "a_review_is_due_until_somebody_has_looked",
    ),
    "an unfinished review raises a case": (
        "an_unfinished_review_is_a_case_from_the_calendars_day_on_until_it_is_finished",
    ),
    "deactivated by hand after Are you sure ... (Yes, Cancel)": (
        "it_is_deactivated_by_hand_after_the_guides_question",
        "are_you_sure_is_asked_first_and_cancel_changes_nothing",
    ),
    "under the 2022 calendar an end date only reminds; under 2025 it deactivates": (
        "under_2022_an_end_date_only_reminds",
        "under_2025_it_deactivates_on_its_day_and_an_extension_reactivates",
    ),
}

GROUPS = {
    "a Team or Classroom exists when staff create it from a class": (
        "a_group_lives_from_creation_to_restoration",
        "a_class_can_have_both_and_each_is_made_once",
    ),
    "a technical owner joins it, so that it never lacks one": (
        "the_technical_owner_is_added_and_never_removed",
        "a_team_without_an_owner_gets_one_and_is_archived",
    ),
    "it follows the MIS until the freeze date (by receipt)": (
        "groups_follow_the_mis_until_the_freeze",
        "word_received_from_the_freeze_on_changes_no_group",
        "word_received_before_the_freeze_counts_however_late_it_comes",
    ),
    "a member counts only while active and listed at the class's school": (
        "only_active_people_listed_at_the_school_are_members",
        "listed_active_people_of_the_school_are_members",
    ),
    "also after a restore": ("a_restore_brings_back_those_who_are_still_at_the_school",),
    "at the end of the academic year every portal-made group is archived": (
        "groups_of_the_ending_year_freeze_on_6_june_and_are_archived_when_it_ends",
    ),
    "deactivation never waits for it": ("deactivation_never_waits_for_archiving",),
    "classes, teachers and learners are kept as at archiving": (
        "a_class_stays_as_it_was_at_archiving",
        "a_year_later_a_teacher_still_finds_the_classes_as_at_archiving",
    ),
    "Digital Champions, School Administrators and the class's own staff restore it": (
        "these_roles_get_in_and_no_other",
        "a_teacher_has_no_hand_in_another_teachers_class",
    ),
    "a restored group is unlinked for good and never archived by us again": (
        "a_restored_group_is_left_alone_for_good",
    ),
    "new ones can be made from 15 August": ("groups_for_the_new_year_are_made_from_15_august",),
    "a restore overtakes any number of queued archives": (
        "a_restore_is_claimed_before_any_number_of_archives",
    ),
}

CALENDAR = {
    "one validated YAML file, with 2022 and 2025 shipped": (
        "a_shipped_calendar_is_valid_and_named_after_its_year",
        "a_calendar_that_cannot_be_right_is_refused",
        "the_calendar_of_2022_has_the_guides_dates",
        "the_calendar_of_2025_has_its_holds_and_its_late_run",
    ),
    "first day of term is per authority": ("the_first_day_of_term_is_the_authoritys_own",),
}

DIAGNOSIS = {
    "a member of staff is missing: start date and staff code, beside a colleague's": (
        "staff_1_the_record_has_no_start_date_or_staff_code_beside_a_colleagues",
        "staff_1_the_row_was_rejected",
    ),
    "then whether the client has run, and who manages it": (
        "staff_2_the_client_has_not_run_and_who_manages_it",
    ),
    "a learner is missing: record and UPN in this school's last run": (
        "learner_1_there_is_no_record_with_this_upn",
        "learner_1_the_row_was_rejected_or_is_held_until_a_later_one_is_taken",
    ),
    "Last Run": ("learner_2_the_last_run_was_before_the_window",),
    "then the previous school: has it run, is there a leaving date": (
        "learner_3_the_previous_school_has_not_run",
        "learner_3_the_previous_school_has_run_without_a_leaving_date",
    ),
    "beyond the guide: pending, dual registration, former UPN, hold": (
        "learner_3_the_school_itself_is_sent_to_its_local_authority",
        "learner_1_the_record_says_something_else",
        "learner_beyond_the_guide_a_former_upn_is_in_doubt",
        "learner_1_the_row_was_rejected_or_is_held_until_a_later_one_is_taken",
    ),
    "a learner has no password": (
        "password_1_a_transferred_learners_cannot_be_seen_but_may_be_remembered",
        "password_2_a_champion_or_any_teacher_resets_it",
    ),
    "last year's class information": (
        "classes_1_the_last_run_was_before_the_window",
        "classes_2_the_client_ran_but_the_mis_is_still_in_last_year",
    ),
    "asked only for people in the asker's own last run, and audited": (
        "nothing_is_told_of_somebody_the_school_never_sent",
        "only_those_who_may_see_the_school_ask",
        "who_asked_about_whom_is_kept_without_the_upn",
    ),
}

SECTIONS: dict[str, dict[str, tuple[str, ...]]] = {
    "ingest": INGEST,
    "season guard": SEASON_GUARD,
    "learners": LEARNERS,
    "staff": STAFF,
    "passwords": PASSWORDS,
    "non-MIS and governors": NON_MIS_AND_GOVERNORS,
    "groups": GROUPS,
    "calendar": CALENDAR,
    "diagnosis": DIAGNOSIS,
}
SENTENCES = {
    f"{section}: {sentence}": tests
    for section, sentences in SECTIONS.items()
    for sentence, tests in sentences.items()
}


@pytest.fixture(scope="module")
def names() -> set[str]:
    folders = [ROOT / "tests" / kind for kind in ("unit", "contract", "integration")]
    sources = [file.read_text() for folder in folders for file in folder.rglob("test_*.py")]
    return {name for text in sources for name in re.findall(r"def test_(\w+)\(", text)}


@pytest.mark.parametrize("sentence", SENTENCES)
def test_a_sentence_of_the_rules_has_a_test_that_is_named_after_it(
    sentence: str, names: set[str]
) -> None:
    assert SENTENCES[sentence], "a sentence without a test"
    assert sorted(set(SENTENCES[sentence]) - names) == []
