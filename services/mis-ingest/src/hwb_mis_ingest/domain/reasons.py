"""Why a row is rejected, as codes a program can act on and sentences a school can act on."""

from dataclasses import dataclass
from enum import StrEnum


class Reason(StrEnum):
    """Reason codes of a run's report. Documented in docs/reference/upload-format.md."""

    UPN_MISSING = "upn_missing"
    UPN_MALFORMED = "upn_malformed"
    UPN_CHECK_LETTER = "upn_check_letter"
    UPN_TWICE = "upn_twice"
    FORMER_UPN_INVALID = "former_upn_invalid"
    SURNAME_MISSING = "surname_missing"
    FORENAME_MISSING = "forename_missing"
    ADMISSION_NUMBER_MISSING = "admission_number_missing"
    ADMISSION_DATE_MISSING = "admission_date_missing"
    STAFF_CODE_MISSING = "staff_code_missing"
    STAFF_CODE_TWICE = "staff_code_twice"
    START_DATE_MISSING = "start_date_missing"
    DATE_INVALID = "date_invalid"
    YEAR_GROUP_UNKNOWN = "year_group_unknown"
    ENROLMENT_STATUS_UNKNOWN = "enrolment_status_unknown"
    SOURCED_ID_MISSING = "sourced_id_missing"
    SOURCED_ID_TWICE = "sourced_id_twice"
    OTHER_SCHOOL = "other_school"
    MARKED_DELETED = "marked_deleted"
    ROW_WIDTH = "row_width"
    TOO_LONG = "too_long"
    CONTROL_CHARACTER = "control_character"
    CLASS_CODE_MISSING = "class_code_missing"
    CLASS_CODE_TWICE = "class_code_twice"
    CLASS_YEAR_UNKNOWN = "class_year_unknown"
    CLASS_UNKNOWN = "class_unknown"
    USER_UNKNOWN = "user_unknown"
    ENROLMENT_ROLE_DISAGREES = "enrolment_role_disagrees"


@dataclass(frozen=True, slots=True)
class WhatToDo:
    """The next step, in both languages."""

    en: str
    cy: str


WHAT_TO_DO: dict[Reason, WhatToDo] = {
    Reason.UPN_MISSING: WhatToDo(
        "Enter the learner's UPN in the MIS and run the Provisioning Client again.",
        "Rhowch UPN y dysgwr yn y System Gwybodaeth Reoli (MIS) a rhedwch y cleient darparu eto.",
    ),
    Reason.UPN_MALFORMED: WhatToDo(
        "A UPN has 13 characters: a letter, 11 digits, and a digit or letter; I, O and S are not "
        "used. Correct it in the MIS.",
        "Mae gan UPN 13 nod: llythyren, 11 digid, ac yna digid neu lythyren; ni ddefnyddir I, O "
        "nac S. Cywirwch ef yn y MIS.",
    ),
    Reason.UPN_CHECK_LETTER: WhatToDo(
        "The first letter does not agree with the other characters, so one of them is wrong. Check "
        "the UPN against the previous school's record and correct it in the MIS.",
        "Nid yw'r llythyren gyntaf yn cyd-fynd â'r nodau eraill, felly mae un ohonynt yn anghywir. "
        "Cymharwch yr UPN â chofnod yr ysgol flaenorol a'i gywiro yn y MIS.",
    ),
    Reason.UPN_TWICE: WhatToDo(
        "Two learners in this upload have the same UPN; both rows were rejected. Find out whose it "
        "is and correct the other in the MIS.",
        "Mae gan ddau ddysgwr yn y ffeil hon yr un UPN; gwrthodwyd y ddwy res. Canfyddwch i bwy y "
        "mae'n perthyn a chywirwch y llall yn y MIS.",
    ),
    Reason.FORMER_UPN_INVALID: WhatToDo(
        "The former UPN is not a valid UPN. Correct or clear it in the MIS.",
        "Nid yw'r UPN blaenorol yn UPN dilys. Cywirwch ef neu ei glirio yn y MIS.",
    ),
    Reason.SURNAME_MISSING: WhatToDo(
        "Enter the legal surname in the MIS.", "Rhowch y cyfenw cyfreithiol yn y MIS."
    ),
    Reason.FORENAME_MISSING: WhatToDo(
        "Enter the legal forename in the MIS.", "Rhowch yr enw cyntaf cyfreithiol yn y MIS."
    ),
    Reason.ADMISSION_NUMBER_MISSING: WhatToDo(
        "Enter the learner's admission number in the MIS.",
        "Rhowch rif derbyn y dysgwr yn y MIS.",
    ),
    Reason.ADMISSION_DATE_MISSING: WhatToDo(
        "Enter the learner's admission date in the MIS.",
        "Rhowch ddyddiad derbyn y dysgwr yn y MIS.",
    ),
    Reason.STAFF_CODE_MISSING: WhatToDo(
        "Enter a staff code, unique within the school, in the staff record of the MIS. Compare it "
        "with a colleague's whose account is there.",
        "Rhowch god staff, sy'n unigryw o fewn yr ysgol, yng nghofnod staff y MIS. Cymharwch ef â "
        "chofnod cydweithiwr y mae ei gyfrif yno eisoes.",
    ),
    Reason.STAFF_CODE_TWICE: WhatToDo(
        "Two members of staff in this upload have the same staff code; both rows were rejected. "
        "Give one of them another code in the MIS.",
        "Mae gan ddau aelod o staff yn y ffeil hon yr un cod staff; gwrthodwyd y ddwy res. Rhowch "
        "god arall i un ohonynt yn y MIS.",
    ),
    Reason.START_DATE_MISSING: WhatToDo(
        "Enter the start date in the staff record of the MIS.",
        "Rhowch y dyddiad dechrau yng nghofnod staff y MIS.",
    ),
    Reason.DATE_INVALID: WhatToDo(
        "This is not a date. Dates are written year-month-day, for example 2022-08-31.",
        "Nid dyddiad yw hwn. Ysgrifennir dyddiadau fel blwyddyn-mis-diwrnod, er enghraifft "
        "2022-08-31.",
    ),
    Reason.YEAR_GROUP_UNKNOWN: WhatToDo(
        "Year groups are N1, N2, R and 1 to 14. Correct the learner's year group in the MIS.",
        "Y grwpiau blwyddyn yw N1, N2, R ac 1 i 14. Cywirwch grŵp blwyddyn y dysgwr yn y MIS.",
    ),
    Reason.ENROLMENT_STATUS_UNKNOWN: WhatToDo(
        "The enrolment status is C, M, S or G, or blank for C. Correct it in the MIS.",
        "Y statws cofrestru yw C, M, S neu G, neu'n wag am C. Cywirwch ef yn y MIS.",
    ),
    Reason.SOURCED_ID_MISSING: WhatToDo(
        "The row has no sourcedId. Ask whoever supplies the export from the MIS.",
        "Nid oes sourcedId yn y rhes. Gofynnwch i bwy bynnag sy'n darparu'r allforiad o'r MIS.",
    ),
    Reason.SOURCED_ID_TWICE: WhatToDo(
        "Two rows have the same sourcedId; both were rejected. Ask whoever supplies the export.",
        "Mae gan ddwy res yr un sourcedId; gwrthodwyd y ddwy. Gofynnwch i bwy bynnag sy'n "
        "darparu'r allforiad.",
    ),
    Reason.OTHER_SCHOOL: WhatToDo(
        "The row belongs to another school than this upload. Check which school was exported.",
        "Mae'r rhes yn perthyn i ysgol wahanol i'r ffeil hon. Gwiriwch pa ysgol a allforiwyd.",
    ),
    Reason.MARKED_DELETED: WhatToDo(
        "The row is marked as deleted. A person who has left needs a leaving date instead; other "
        "rows are simply left out.",
        "Mae'r rhes wedi'i nodi fel un wedi'i dileu. Mae angen dyddiad gadael ar berson sydd wedi "
        "gadael; gellir hepgor rhesi eraill.",
    ),
    Reason.ROW_WIDTH: WhatToDo(
        "The row has more or fewer columns than the header. Export the data again.",
        "Mae gan y rhes fwy neu lai o golofnau na'r pennawd. Allforiwch y data eto.",
    ),
    Reason.TOO_LONG: WhatToDo(
        "The value is longer than 200 characters. Shorten it in the MIS.",
        "Mae'r gwerth yn hwy na 200 nod. Byrhewch ef yn y MIS.",
    ),
    Reason.CONTROL_CHARACTER: WhatToDo(
        "The row contains a character that cannot be printed, such as a line break. Type the value "
        "again in the MIS.",
        "Mae'r rhes yn cynnwys nod na ellir ei argraffu, megis toriad llinell. Teipiwch y gwerth "
        "eto yn y MIS.",
    ),
    Reason.CLASS_CODE_MISSING: WhatToDo(
        "Enter a class code for the class in the MIS.", "Rhowch god dosbarth i'r dosbarth yn y MIS."
    ),
    Reason.CLASS_CODE_TWICE: WhatToDo(
        "Two classes of one academic year have the same class code; both rows were rejected. Give "
        "one of them another code in the MIS.",
        "Mae gan ddau ddosbarth yn yr un flwyddyn academaidd yr un cod dosbarth; gwrthodwyd y "
        "ddwy res. Rhowch god arall i un ohonynt yn y MIS.",
    ),
    Reason.CLASS_YEAR_UNKNOWN: WhatToDo(
        "The class's term does not lead to one school year in academicSessions. Set the academic "
        "year of the class in the MIS.",
        "Nid yw tymor y dosbarth yn arwain at un flwyddyn ysgol yn academicSessions. Gosodwch "
        "flwyddyn academaidd y dosbarth yn y MIS.",
    ),
    Reason.CLASS_UNKNOWN: WhatToDo(
        "No class of this upload has this sourcedId. Export classes and enrolments together.",
        "Nid oes dosbarth yn y ffeil hon â'r sourcedId hwn. Allforiwch ddosbarthiadau a "
        "chofrestriadau gyda'i gilydd.",
    ),
    Reason.USER_UNKNOWN: WhatToDo(
        "No user of this upload has this sourcedId. Export users and enrolments together.",
        "Nid oes defnyddiwr yn y ffeil hon â'r sourcedId hwn. Allforiwch ddefnyddwyr a "
        "chofrestriadau gyda'i gilydd.",
    ),
    Reason.ENROLMENT_ROLE_DISAGREES: WhatToDo(
        "A learner is enrolled in a class as student, a member of staff as teacher. Correct the "
        "class list in the MIS.",
        "Cofrestrir dysgwr mewn dosbarth fel student, ac aelod o staff fel teacher. Cywirwch "
        "restr y dosbarth yn y MIS.",
    ),
}
