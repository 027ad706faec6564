"""Answer why somebody has no account, password or class, for people of the asker's own school."""

from dataclasses import dataclass

from hwb_identity.application.ports import OpenAccessLog, OpenDiagnosis
from hwb_identity.domain.diagnosis import Check, Facts, SchoolRuns, Symptom, checks_of
from hwb_identity.domain.enrolment import Enrolment
from hwb_identity.domain.person import Person, enrolment_at
from hwb_runtime.auth import Caller
from hwb_runtime.unit_of_work import UnitOfWork
from hwb_schemas.calendar import RolloverCalendar
from hwb_schemas.refs import PersonRefs
from hwb_schemas.words import Role

TOLD_OF_OTHER_SCHOOLS = frozenset({Role.LOCAL_AUTHORITY, Role.SERVICE_DESK, Role.OPERATOR})


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """``key`` is the UPN or ``<school>/<staff code>``, None where a whole school is meant."""

    symptom: Symptom
    school: str
    key: str | None
    colleague_key: str | None


class Diagnose:
    """Gathers the facts, asks the rules, keeps who asked."""

    def __init__(
        self,
        open_diagnosis: OpenDiagnosis,
        open_access_log: OpenAccessLog,
        refs: PersonRefs,
        calendar: RolloverCalendar,
    ) -> None:
        self._open = open_diagnosis
        self._open_access_log = open_access_log
        self._refs = refs
        self._calendar = calendar

    async def __call__(self, asked: Question, caller: Caller, uow: UnitOfWork) -> list[Check]:
        """The checks in order. A person of whom the school said nothing is not looked at."""
        reader = self._open(uow)
        person, said = await self._own(asked.key, asked.school, uow)
        _, colleague = await self._own(asked.colleague_key, asked.school, uow)
        kept_back, in_doubt = None, False
        if asked.key is not None:
            since = said.run_seq if said else 0
            kept_back = await reader.kept_back(asked.key, asked.school, since=since)
            in_doubt = await reader.is_in_doubt(asked.key, asked.school)
        account = person.account if person else None
        facts = Facts(
            school=asked.school,
            key=asked.key,
            person=person,
            kept_back=kept_back,
            in_doubt=in_doubt,
            runs=await reader.runs(asked.school),
            holder_runs=await self._holder_runs(person, asked.school, uow),
            password=await reader.password(account.account_id) if account else None,
            colleague=colleague,
            years=await reader.years_of_classes(asked.school) if asked.key is None else {},
            tells_other_school=caller.role in TOLD_OF_OTHER_SCHOOLS,
            calendar=self._calendar,
            today=uow.today,
        )
        await self._open_access_log(uow).note(
            f"diagnosis_{asked.symptom.value}",
            caller=caller,
            school=asked.school,
            person_ref=self._refs.of(asked.key) if asked.key else None,
        )
        return checks_of(asked.symptom, facts)

    async def _own(
        self, key: str | None, school: str, uow: UnitOfWork
    ) -> tuple[Person | None, Enrolment | None]:
        """The person of this key and the school's word, both None where the school said nothing."""
        person = await self._open(uow).person(key) if key is not None else None
        said = enrolment_at(person, school, key) if person is not None and key is not None else None
        return (person, said) if said is not None else (None, None)

    async def _holder_runs(
        self, person: Person | None, school: str, uow: UnitOfWork
    ) -> SchoolRuns | None:
        home = person.standing.home if person and person.standing else None
        return await self._open(uow).runs(home) if home is not None and home != school else None
