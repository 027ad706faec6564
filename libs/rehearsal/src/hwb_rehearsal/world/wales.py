"""Puts schools, learners, staff and classes together: one Wales in one academic year."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import cycle
from pathlib import Path
from random import Random
from typing import Literal

from hwb_rehearsal.world.authorities import AUTHORITIES
from hwb_rehearsal.world.classes import classes_of, codes_of
from hwb_rehearsal.world.people import People
from hwb_rehearsal.world.rows import ClassRow, LearnerRow, Snapshot, StaffRow
from hwb_rehearsal.world.schools import SchoolPlan, Size, real_schools, synthetic_schools
from hwb_schemas.register import ClientManager, Register, School

REAL_REGISTER = Path("shared/data/welsh-schools")
FIRST_YEAR = 2021
Source = Literal["synthetic", "real"]


@dataclass(frozen=True, slots=True)
class Roll:
    """Everyone and every class of one school."""

    plan: SchoolPlan
    learners: tuple[LearnerRow, ...]
    staff: tuple[StaffRow, ...]
    classes: tuple[ClassRow, ...]

    def snapshot(self, academic_year: str, extracted_at: datetime) -> Snapshot:
        """What the school's Provisioning Client sends now."""
        return Snapshot(
            school=self.plan.number,
            school_name=self.plan.name,
            academic_year=academic_year,
            extracted_at=extracted_at,
            learners=self.learners,
            staff=self.staff,
            classes=self.classes,
        )


@dataclass(frozen=True, slots=True)
class Wales:
    """Every school's roll in 2021-22, before the year's changes; ``people`` can make more."""

    seed: int
    rolls: Mapping[str, Roll]
    people: People

    @property
    def learner_count(self) -> int:
        """How many learners there are."""
        return sum(len(roll.learners) for roll in self.rolls.values())

    def register(self) -> Register:
        """The register of schools that the services load."""
        return Register(
            authorities=AUTHORITIES,
            schools=tuple(_school(roll.plan) for roll in self.rolls.values()),
        )


def build_wales(*, seed: int, size: Size, source: Source = "synthetic") -> Wales:
    """The Wales of this seed and size: the same arguments give the same Wales.

    ``source="real"`` takes the schools from the real list beside the repository; raises
    FileNotFoundError where that is not there.
    """
    random = Random(f"hwb {seed}")
    if source == "real":
        plans = real_schools(_real_register(), size)
    else:
        plans = synthetic_schools(size, random)
    people = People(random)
    feeders: dict[str, list[SchoolPlan]] = defaultdict(list)
    for plan in plans:
        if plan.leads_to:
            feeders[plan.leads_to].append(plan)
    rolls = {plan.number: filled(plan, feeders[plan.number], people) for plan in plans}
    return Wales(seed=seed, rolls=rolls, people=people)


def with_classes(
    plan: SchoolPlan, learners: Iterable[LearnerRow], staff: Iterable[StaffRow]
) -> Roll:
    """The school with classes made anew for its learners, each taught by one of its teachers.

    Who has a leaving date, or comes only as a subsidiary or guest, is in no class.
    """
    learners, staff = list(learners), list(staff)
    sizes = Counter(row.year_group for row in learners if _is_taught(row))
    position: Counter[str] = Counter()
    placed: list[LearnerRow] = []
    for row in learners:
        if not _is_taught(row):
            placed.append(replace(row, classes=()))
            continue
        year = row.year_group
        codes = codes_of(year, position[year], year_size=sizes[year])
        position[year] += 1
        placed.append(replace(row, classes=codes))
    classes = tuple(
        made for year in plan.years for made in classes_of(year, sizes[year]) if sizes[year]
    )
    taught: dict[str, list[str]] = defaultdict(list)
    teachers = [row.local_id for row in staff if row.role == "teacher" and not row.leaving_date]
    for made, teacher in zip(classes, cycle(teachers), strict=False):
        taught[teacher].append(made.code)
    placed_staff = tuple(
        replace(row, classes=tuple(sorted(taught.get(row.local_id, ())))) for row in staff
    )
    return Roll(plan=plan, learners=tuple(placed), staff=placed_staff, classes=classes)


def _is_taught(row: LearnerRow) -> bool:
    return row.leaving_date is None and not row.is_visiting


def filled(plan: SchoolPlan, feeders: Sequence[SchoolPlan], people: People) -> Roll:
    """A school with its learners and staff, their UPNs issued by the schools that lead to it."""
    issuers = cycle([feeder.number for feeder in feeders] or [plan.number])
    learners = [
        people.learner(plan, year, issued_by=next(issuers), year=FIRST_YEAR)
        for year in plan.years
        for _ in range(plan.year_size)
    ]
    return with_classes(plan, learners, people.staff_of(len(learners)))


def _school(plan: SchoolPlan) -> School:
    managers = tuple(ClientManager)
    return School(
        number=plan.number,
        name=plan.name,
        name_cy=plan.name_cy,
        authority=plan.authority,
        sector=plan.sector,
        year_groups=plan.years,
        top_year_groups=plan.years[-1:],
        email=f"office-{plan.number}@school.example",
        client_managed_by=managers[int(plan.number) % len(managers)],
    )


def _real_register() -> Path:
    for folder in Path(__file__).resolve().parents:
        if (folder / REAL_REGISTER).is_dir():
            return folder / REAL_REGISTER
    message = (
        f"the real register of schools is not there: expected {REAL_REGISTER} beside the"
        " repository. Use the synthetic one (--register synthetic)."
    )
    raise FileNotFoundError(message)
