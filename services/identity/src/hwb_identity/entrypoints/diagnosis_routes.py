"""Diagnosis over HTTP: asked by POST, so that no UPN or staff code is in an address."""

from typing import Annotated

from fastapi import FastAPI
from pydantic import BaseModel, ConfigDict

from hwb_identity.application.diagnose import Diagnose, Question
from hwb_identity.domain.diagnosis import Check, Outcome, Symptom, cause_of
from hwb_identity.entrypoints.diagnosis_wording import WORDINGS, Doer
from hwb_identity.errors import PersonNotNamedError
from hwb_identity.settings import Settings
from hwb_runtime.auth import Caller, caller_with, ensure_school
from hwb_runtime.platform import Platform
from hwb_runtime.texts import PlainText, SchoolNumber
from hwb_schemas.refs import staff_key
from hwb_schemas.words import Role

Asker = Annotated[
    Caller,
    caller_with(
        Role.DIGITAL_CHAMPION,
        Role.SCHOOL_ADMINISTRATOR,
        Role.TEACHER,
        Role.LOCAL_AUTHORITY,
        Role.SERVICE_DESK,
        Role.OPERATOR,
    ),
]


class Asked(BaseModel):
    """What is wrong, at which school, with whom: ``upn`` of a learner, ``staff_code`` of staff.

    ``colleague_staff_code`` is somebody whose account is there, to compare with. Last year's
    classes may be asked about without a person.
    """

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "examples": [
                {"symptom": "learner_missing", "school": "6604027", "upn": "R201100018042"}
            ]
        },
    )

    symptom: Symptom
    school: SchoolNumber
    upn: PlainText | None = None
    staff_code: PlainText | None = None
    colleague_staff_code: PlainText | None = None


class CheckShown(BaseModel):
    """One check of the guide with its evidence."""

    check: str
    outcome: Outcome
    code: str
    says: str
    says_cy: str
    evidence: dict[str, str]


class NextStep(BaseModel):
    """What to do next, and who does it."""

    says: str
    says_cy: str
    by: Doer


class Contacts(BaseModel):
    """Who can help. ``client_managed_by`` is null where nobody said: ask your Digital Champion."""

    client_managed_by: str | None
    local_authority: str | None
    local_authority_mail: str | None
    service_desk_mail: str
    service_desk_phone: str
    support_centre: str


class Diagnosis(BaseModel):
    """The checks in the guide's order; ``cause`` is the code of the one that explains it."""

    symptom: Symptom
    school: str
    checks: list[CheckShown]
    cause: str
    says: str
    says_cy: str
    next_step: NextStep
    contacts: Contacts


def add_diagnosis(api: FastAPI, platform: Platform, diagnose: Diagnose) -> None:
    """Add the operation to the API."""

    @api.post("/v1/diagnosis", tags=["diagnosis"])
    async def diagnosis(asked: Asked, caller: Asker) -> Diagnosis:
        """Why somebody of this school has no account, password or class; who does what next."""
        ensure_school(caller, asked.school)
        question = _question(asked)
        async with platform.units_of_work.begin() as uow:
            checks = await diagnose(question, caller, uow)
        cause = cause_of(checks)
        wording = WORDINGS[cause.code]
        return Diagnosis(
            symptom=asked.symptom,
            school=asked.school,
            checks=[_shown(check) for check in checks],
            cause=cause.code,
            says=wording.says,
            says_cy=wording.says_cy,
            next_step=NextStep(says=wording.next_step, says_cy=wording.next_step_cy, by=wording.by),
            contacts=_contacts(asked.school, platform),
        )


def _question(asked: Asked) -> Question:
    key = colleague = None
    if asked.symptom is Symptom.STAFF_MISSING:
        if asked.staff_code is None:
            raise PersonNotNamedError("staff_code")
        key = staff_key(asked.school, asked.staff_code)
        if asked.colleague_staff_code is not None:
            colleague = staff_key(asked.school, asked.colleague_staff_code)
    elif asked.upn is not None:
        key = asked.upn.upper()
    elif asked.symptom is not Symptom.LAST_YEARS_CLASSES:
        raise PersonNotNamedError("upn")
    return Question(symptom=asked.symptom, school=asked.school, key=key, colleague_key=colleague)


def _shown(check: Check) -> CheckShown:
    wording = WORDINGS[check.code]
    return CheckShown(
        check=check.check,
        outcome=check.outcome,
        code=check.code,
        says=wording.says,
        says_cy=wording.says_cy,
        evidence=check.evidence,
    )


def _contacts(number: str, platform: Platform) -> Contacts:
    settings: Settings = platform.settings
    register = platform.register
    school = register.school(number)
    authority = register.authority(register.authority_of(number))
    return Contacts(
        client_managed_by=school.client_managed_by.value if school else None,
        local_authority=authority.name if authority else None,
        local_authority_mail=authority.email if authority else None,
        service_desk_mail=settings.service_desk_mail,
        service_desk_phone=settings.service_desk_phone,
        support_centre=settings.support_centre,
    )
