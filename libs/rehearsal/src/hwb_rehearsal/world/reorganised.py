"""Schools that a reorganisation touches: two close, one opens in their place; and a referral unit.

They stand beside the clusters, so that closing one of them takes no part in anybody else's year.
"""

from dataclasses import dataclass, replace

from hwb_rehearsal.world.schools import PRIMARY_YEARS, SECONDARY_YEARS, SchoolPlan
from hwb_rehearsal.world.wales import Roll, Wales, filled

LEARNERS_A_YEAR = 4
A_WALES_OF = 1000
UNIT_LEARNERS_A_YEAR = 2


@dataclass(frozen=True, slots=True)
class Reorganisation:
    """Numbers of schools: ``closing`` are a primary and a secondary, ``opening`` takes them all.

    ``unit`` is a pupil referral unit: most of its learners are other schools', a few its own.
    """

    closing: tuple[str, str]
    opening: str
    unit: str


def reorganised(wales: Wales) -> tuple[Wales, Reorganisation]:
    """This Wales with those four schools more, in the authority of its first."""
    authority = next(iter(wales.rolls.values())).plan.authority
    size = max(LEARNERS_A_YEAR, wales.learner_count // A_WALES_OF)
    primary = SchoolPlan(
        number=f"{authority}2990",
        name="Old Bridge Primary School",
        name_cy="Ysgol Gynradd yr Hen Bont",
        authority=authority,
        sector="Primary",
        years=PRIMARY_YEARS,
        year_size=size,
    )
    secondary = replace(
        primary,
        number=f"{authority}4990",
        name="Old Bridge High School",
        name_cy="Ysgol Uwchradd yr Hen Bont",
        sector="Secondary",
        years=SECONDARY_YEARS,
    )
    opening = replace(
        primary,
        number=f"{authority}5990",
        name="New Bridge School",
        name_cy="Ysgol y Bont Newydd",
        sector="Middle",
        years=PRIMARY_YEARS + SECONDARY_YEARS,
    )
    unit = replace(
        secondary,
        number=f"{authority}1190",
        name="The Mill Pupil Referral Unit",
        name_cy="Uned Cyfeirio Disgyblion y Felin",
        sector="Pupil Referral Unit",
        year_size=UNIT_LEARNERS_A_YEAR,
    )
    rolls = {plan.number: filled(plan, (), wales.people) for plan in (primary, secondary, unit)}
    rolls[opening.number] = Roll(plan=opening, learners=(), staff=(), classes=())
    return (
        replace(wales, rolls={**wales.rolls, **rolls}),
        Reorganisation((primary.number, secondary.number), opening.number, unit.number),
    )
