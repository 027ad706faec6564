"""What each finding of a diagnosis says, in English and Welsh, what to do next and who does it."""

from enum import StrEnum
from typing import NamedTuple


class Doer(StrEnum):
    """Who takes the next step."""

    SCHOOL_ADMINISTRATOR = "school_administrator"
    DIGITAL_CHAMPION = "digital_champion"
    CLIENT_MANAGER = "client_manager"
    LOCAL_AUTHORITY = "local_authority"
    SERVICE_DESK = "service_desk"
    NOBODY = "nobody"


class Wording(NamedTuple):
    """One finding in both languages: what it is, and the next step."""

    says: str
    says_cy: str
    next_step: str
    next_step_cy: str
    by: Doer


_RUN_CLIENT = "Ask whoever manages your Provisioning Client to run it again."
_RUN_CLIENT_CY = "Gofynnwch i bwy bynnag sy'n rheoli eich Cleient Darparu ei redeg eto."
_REPORT = "Look at the report of the last run: it names line, field and reason. Correct the MIS."
_REPORT_CY = "Edrychwch ar adroddiad y rhediad diwethaf: mae'n nodi'r llinell, y maes a'r rheswm."
_WAIT, _WAIT_CY = "Nothing needs to be done.", "Nid oes angen gwneud dim."
_ADMIN, _MANAGER = Doer.SCHOOL_ADMINISTRATOR, Doer.CLIENT_MANAGER
_CHAMPION, _AUTHORITY = Doer.DIGITAL_CHAMPION, Doer.LOCAL_AUTHORITY

WORDINGS: dict[str, Wording] = {
    "upn_not_valid": Wording(
        "This is not a valid UPN: its letters and digits do not agree.",
        "Nid yw hwn yn UPN dilys: nid yw ei lythrennau a'i rifau'n cytuno.",
        "Check the UPN in the MIS record.",
        "Gwiriwch yr UPN yng nghofnod yr MIS.",
        _ADMIN,
    ),
    "row_rejected": Wording(
        "Your school sent this record, but its row was rejected.",
        "Anfonodd eich ysgol y cofnod hwn, ond gwrthodwyd ei res.",
        _REPORT,
        _REPORT_CY,
        _ADMIN,
    ),
    "row_held": Wording(
        "Your school sent this record, but its row is held until somebody approves the list.",
        "Anfonodd eich ysgol y cofnod hwn, ond mae ei res wedi'i dal nes i rywun gymeradwyo'r"
        " rhestr.",
        "Look at the list of held rows, then approve or discard it.",
        "Edrychwch ar y rhestr o resi a ddaliwyd, yna cymeradwywch hi neu ei gwrthod.",
        _CHAMPION,
    ),
    "row_discarded": Wording(
        "Your school sent this record, but its row was held and the list was discarded, so nothing"
        " of it was done.",
        "Anfonodd eich ysgol y cofnod hwn, ond daliwyd ei res a gwrthodwyd y rhestr, felly ni"
        " wnaed dim ohono.",
        "Correct the record in the MIS if it is wrong. The next run brings up again what it still"
        " says.",
        "Cywirwch y cofnod yn y System Gwybodaeth Reoli (MIS) os yw'n anghywir. Bydd y rhediad"
        " nesaf yn codi eto'r hyn y mae'n dal i'w ddweud.",
        _ADMIN,
    ),
    "not_among_rows_taken": Wording(
        "No row of your last run that was taken has this person. Some of its rows were rejected or"
        " held; whether this one is among them is in the run's report.",
        "Nid yw'r person hwn yn unrhyw res a dderbyniwyd o'ch rhediad diwethaf. Gwrthodwyd neu"
        " daliwyd rhai rhesi; mae adroddiad y rhediad yn dweud a yw'r rhes hon yn eu plith.",
        _REPORT,
        _REPORT_CY,
        _ADMIN,
    ),
    "not_in_last_run": Wording(
        "Your school's runs have not brought this person.",
        "Nid yw rhediadau eich ysgol wedi dod â'r person hwn.",
        "Make sure that the MIS has the record: for a learner with the UPN, for a member of staff"
        " with start date and a staff code of their own. Then run the Provisioning Client.",
        "Sicrhewch fod y cofnod yn yr MIS: i ddysgwr gyda'r UPN, i aelod o staff gyda dyddiad"
        " dechrau a chod staff unigryw. Yna rhedwch y Cleient Darparu.",
        _ADMIN,
    ),
    "record_missing": Wording(
        "The record was in an earlier run and is not in the last one, without a leaving date.",
        "Roedd y cofnod mewn rhediad cynharach, ond nid yn yr un diwethaf, heb ddyddiad gadael.",
        "Put the record back on roll in the MIS, or enter a leaving date.",
        "Rhowch y cofnod yn ôl ar y gofrestr yn yr MIS, neu nodwch ddyddiad gadael.",
        _ADMIN,
    ),
    "upn_replaced": Wording(
        "Your school now has this learner under another UPN.",
        "Mae gan eich ysgol y dysgwr hwn o dan UPN arall erbyn hyn.",
        "Ask again with the present UPN.",
        "Gofynnwch eto gyda'r UPN presennol.",
        _ADMIN,
    ),
    "left_here": Wording(
        "Your school's record has a leaving date that is in effect.",
        "Mae dyddiad gadael sydd mewn grym yng nghofnod eich ysgol.",
        "If the person has not left, remove the leaving date in the MIS and run the client.",
        "Os nad yw'r person wedi gadael, tynnwch y dyddiad gadael o'r MIS a rhedwch y cleient.",
        _ADMIN,
    ),
    "subsidiary_here": Wording(
        "Your school has this learner as subsidiary or guest: the account belongs to the main"
        " school.",
        "Mae eich ysgol yn cofnodi'r dysgwr hwn fel un atodol neu westai: y brif ysgol biau'r"
        " cyfrif.",
        "If your school is the learner's only or main school, correct the enrolment status.",
        "Os mai eich ysgol chi yw unig neu brif ysgol y dysgwr, cywirwch y statws cofrestru.",
        _ADMIN,
    ),
    "admission_ahead": Wording(
        "The admission date lies ahead. The account comes by itself on the day it takes effect.",
        "Mae'r dyddiad derbyn yn y dyfodol. Daw'r cyfrif ohono'i hun pan ddaw'r dyddiad i rym.",
        _WAIT,
        _WAIT_CY,
        Doer.NOBODY,
    ),
    "record_is_there": Wording(
        "Your school's record is there and on roll.",
        "Mae cofnod eich ysgol yno ac ar y gofrestr.",
        _WAIT,
        _WAIT_CY,
        Doer.NOBODY,
    ),
    "client_never_ran": Wording(
        "No run of your school's Provisioning Client has finished.",
        "Nid oes yr un rhediad o Gleient Darparu eich ysgol wedi gorffen.",
        _RUN_CLIENT,
        _RUN_CLIENT_CY,
        _MANAGER,
    ),
    "last_upload_refused": Wording(
        "The last upload of your school was refused as a whole: nothing in it was taken.",
        "Gwrthodwyd lanlwythiad diwethaf eich ysgol yn gyfan: ni dderbyniwyd dim ohono.",
        _RUN_CLIENT,
        _RUN_CLIENT_CY,
        _MANAGER,
    ),
    "run_under_way": Wording(
        "A run of your school is being worked on at this moment.",
        "Mae rhediad eich ysgol yn cael ei brosesu ar hyn o bryd.",
        "Look again in a few minutes.",
        "Edrychwch eto ymhen ychydig funudau.",
        Doer.NOBODY,
    ),
    "run_too_old": Wording(
        "Your school's Last Run was before the rollover window opened.",
        "Roedd Rhediad Diwethaf eich ysgol cyn i gyfnod y newid blwyddyn agor.",
        _RUN_CLIENT,
        _RUN_CLIENT_CY,
        _MANAGER,
    ),
    "last_run_is_there": Wording(
        "Your school's Provisioning Client has run successfully.",
        "Mae Cleient Darparu eich ysgol wedi rhedeg yn llwyddiannus.",
        _WAIT,
        _WAIT_CY,
        Doer.NOBODY,
    ),
    "waiting_for_previous_school": Wording(
        "Waiting for the previous school: it has not released the learner's account.",
        "Yn aros am yr ysgol flaenorol: nid yw wedi rhyddhau cyfrif y dysgwr.",
        "Contact your local authority.",
        "Cysylltwch â'ch awdurdod lleol.",
        _AUTHORITY,
    ),
    "previous_school_not_run": Wording(
        "The previous school's Provisioning Client has not run in the rollover window.",
        "Nid yw Cleient Darparu'r ysgol flaenorol wedi rhedeg yng nghyfnod y newid blwyddyn.",
        "Ask the previous school to enter the leaving date and to run its client.",
        "Gofynnwch i'r ysgol flaenorol nodi'r dyddiad gadael a rhedeg ei chleient.",
        _AUTHORITY,
    ),
    "previous_school_no_leaving_date": Wording(
        "The previous school has run, but its record has no leaving date.",
        "Mae'r ysgol flaenorol wedi rhedeg, ond nid oes dyddiad gadael yn ei chofnod.",
        "Ask the previous school to enter the leaving date and to run its client.",
        "Gofynnwch i'r ysgol flaenorol nodi'r dyddiad gadael a rhedeg ei chleient.",
        _AUTHORITY,
    ),
    "previous_school_leaving_ahead": Wording(
        "The previous school has entered a leaving date that is not in effect yet. The account"
        " comes by itself on that day.",
        "Mae'r ysgol flaenorol wedi nodi dyddiad gadael nad yw mewn grym eto. Daw'r cyfrif ohono'i"
        " hun ar y diwrnod hwnnw.",
        _WAIT,
        _WAIT_CY,
        Doer.NOBODY,
    ),
    "previous_school_missing": Wording(
        "The previous school no longer sends the learner, but has given no leaving date.",
        "Nid yw'r ysgol flaenorol yn anfon y dysgwr mwyach, ond nid yw wedi rhoi dyddiad gadael.",
        "Ask the previous school to enter the leaving date and to run its client.",
        "Gofynnwch i'r ysgol flaenorol nodi'r dyddiad gadael a rhedeg ei chleient.",
        _AUTHORITY,
    ),
    "no_account": Wording(
        "There is no account of this person at your school yet.",
        "Nid oes cyfrif i'r person hwn yn eich ysgol eto.",
        "Ask why the person is missing: that diagnosis names the cause.",
        "Gofynnwch pam mae'r person ar goll: bydd y diagnosis hwnnw'n enwi'r achos.",
        _CHAMPION,
    ),
    "former_upn_in_doubt": Wording(
        "Your school says that this learner had another UPN. What is known of the two does not say"
        " that they are one learner, so the learner has a new account until a person decides.",
        "Mae eich ysgol yn dweud bod gan y dysgwr hwn UPN arall. Nid yw'r hyn sy'n hysbys am y ddau"
        " yn dangos mai'r un dysgwr ydynt, felly mae gan y dysgwr gyfrif newydd nes i berson"
        " benderfynu.",
        "Compare name and date of birth with the MIS record, then contact the Service Desk.",
        "Cymharwch yr enw a'r dyddiad geni â chofnod yr MIS, yna cysylltwch â'r Ddesg Wasanaeth.",
        Doer.SERVICE_DESK,
    ),
    "account_elsewhere": Wording(
        "The account is not at your school.",
        "Nid yw'r cyfrif yn eich ysgol chi.",
        "Contact your local authority.",
        "Cysylltwch â'ch awdurdod lleol.",
        _AUTHORITY,
    ),
    "deactivated_by_hand": Wording(
        "The account is there, but somebody has deactivated it.",
        "Mae'r cyfrif yno, ond mae rhywun wedi'i anactifadu.",
        "If the person should use it again, reactivate it.",
        "Os dylai'r person ei ddefnyddio eto, adweithredwch ef.",
        _CHAMPION,
    ),
    "account_released": Wording(
        "The account is released: no school has this person on roll.",
        "Mae'r cyfrif wedi'i ryddhau: nid yw'r person ar gofrestr unrhyw ysgol.",
        "If the person is at your school, enter that in the MIS and run the client.",
        "Os yw'r person yn eich ysgol chi, nodwch hynny yn yr MIS a rhedwch y cleient.",
        _ADMIN,
    ),
    "account_is_there": Wording(
        "The account is there and its owner can sign in. A member of staff who wants to keep the"
        " account of a previous school asks the Service Desk.",
        "Mae'r cyfrif yno a gall ei berchennog fewngofnodi. Dylai aelod o staff sydd am gadw cyfrif"
        " ysgol flaenorol ofyn i'r Ddesg Wasanaeth.",
        _WAIT,
        _WAIT_CY,
        Doer.NOBODY,
    ),
    "password_visible": Wording(
        "The account has a password, and your school can see it.",
        "Mae gan y cyfrif gyfrinair, a gall eich ysgol ei weld.",
        "Open the account in the User Management Portal.",
        "Agorwch y cyfrif yn y Porth Rheoli Defnyddwyr.",
        _CHAMPION,
    ),
    "password_hidden": Wording(
        "The learner came from another school, so that the password cannot be seen. If the learner"
        " remembers it, it still works.",
        "Daeth y dysgwr o ysgol arall, felly nid yw'r cyfrinair i'w weld. Os yw'r dysgwr yn ei"
        " gofio, mae'n dal i weithio.",
        "If it is forgotten, your Digital Champion or any teacher resets it.",
        "Os yw wedi'i anghofio, gall eich Pencampwr Digidol neu unrhyw athro ei ailosod.",
        _CHAMPION,
    ),
    "password_never_made": Wording(
        "Nobody has asked for this account's password yet, so that it has none.",
        "Nid oes neb wedi gofyn am gyfrinair y cyfrif hwn eto, felly nid oes un ganddo.",
        "Your Digital Champion or any teacher opens the account: the password is made then.",
        "Bydd eich Pencampwr Digidol neu unrhyw athro'n agor y cyfrif: caiff y cyfrinair ei greu"
        " bryd hynny.",
        _CHAMPION,
    ),
    "no_classes_sent": Wording(
        "Your school's runs have brought no classes, or no class has members.",
        "Nid yw rhediadau eich ysgol wedi dod â dosbarthiadau, neu nid oes aelodau ynddynt.",
        "Check that the export has classes and their members, then run the client.",
        "Gwiriwch fod yr allforiad yn cynnwys dosbarthiadau a'u haelodau, yna rhedwch y cleient.",
        _MANAGER,
    ),
    "classes_are_new": Wording(
        "The classes are those of the new academic year.",
        "Dosbarthiadau'r flwyddyn academaidd newydd yw'r rhain.",
        _WAIT,
        _WAIT_CY,
        Doer.NOBODY,
    ),
    "too_early_for_new_classes": Wording(
        "The rollover window has not opened: last year's classes are right today.",
        "Nid yw cyfnod y newid blwyddyn wedi agor: mae dosbarthiadau'r llynedd yn gywir heddiw.",
        _WAIT,
        _WAIT_CY,
        Doer.NOBODY,
    ),
    "mis_still_last_year": Wording(
        "Your school's last run brought last year's classes: the end of year procedures in the MIS"
        " do not look done.",
        "Daeth rhediad diwethaf eich ysgol â dosbarthiadau'r llynedd: nid yw'n ymddangos bod y"
        " gweithdrefnau diwedd blwyddyn yn yr MIS wedi'u cwblhau.",
        "Complete the end of year procedures in the MIS, then run the Provisioning Client.",
        "Cwblhewch y gweithdrefnau diwedd blwyddyn yn yr MIS, yna rhedwch y Cleient Darparu.",
        _ADMIN,
    ),
}
