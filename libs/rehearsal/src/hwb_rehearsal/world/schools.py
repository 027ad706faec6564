"""Which schools take part, how large they are, and where their oldest learners go."""

import csv
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from random import Random

from hwb_rehearsal.world.authorities import AUTHORITIES
from hwb_rehearsal.world.names import place

PRIMARY_YEARS = ("N2", "R", "1", "2", "3", "4", "5", "6")
SECONDARY_YEARS = ("7", "8", "9", "10", "11")
SIXTH_FORM = ("12", "13")
LEARNERS_A_CLUSTER = 2000
YEARS_A_CLUSTER = len(PRIMARY_YEARS) + len(SECONDARY_YEARS)
LEARNERS_A_PRIMARY_YEAR = 28
MOST_FEEDERS = 9
CLUSTERS_A_SPECIAL_SCHOOL = 6


@dataclass(frozen=True, slots=True)
class SchoolPlan:
    """A school to be filled: ``year_size`` learners in each of ``years``.

    ``leads_to`` is where those of the top year go, None where they leave school education.
    """

    number: str
    name: str
    name_cy: str
    authority: str
    sector: str
    years: tuple[str, ...]
    year_size: int
    leads_to: str | None = None

    @property
    def top_year(self) -> str:
        """The year group whose learners leave in an ordinary August."""
        return self.years[-1]


@dataclass(frozen=True, slots=True)
class Size:
    """How large a Wales. ``clusters`` are secondary schools, each with its feeder primaries."""

    learners: int
    clusters: int | None = None
    primaries_per_cluster: int | None = None

    @property
    def cluster_count(self) -> int:
        """At least two, so that one secondary can run before its primaries and one after."""
        return self.clusters or max(2, round(self.learners / LEARNERS_A_CLUSTER))


DEMO = Size(learners=12_000)
TINY = Size(learners=200, clusters=2, primaries_per_cluster=1)


def synthetic_schools(size: Size, random: Random) -> tuple[SchoolPlan, ...]:
    """Clusters of one secondary and its primaries, spread over the 22 authorities.

    A larger Wales has a special school for every sixth cluster.
    """
    plans: list[SchoolPlan] = []
    numbers = _Numbers()
    per_year = size.learners / size.cluster_count / YEARS_A_CLUSTER
    for cluster in range(size.cluster_count):
        authority = AUTHORITIES[cluster % len(AUTHORITIES)].code
        intake = max(4, round(per_year * random.uniform(0.9, 1.1)))
        plans += _cluster(cluster, authority, intake, size.primaries_per_cluster, numbers, random)
        if cluster % CLUSTERS_A_SPECIAL_SCHOOL == CLUSTERS_A_SPECIAL_SCHOOL - 1:
            plans.append(
                SchoolPlan(
                    number=numbers.next_of(authority, 7000),
                    name=f"{place(cluster)} Special School",
                    name_cy=f"Ysgol Arbennig {place(cluster)}",
                    authority=authority,
                    sector="Special",
                    years=PRIMARY_YEARS[1:] + SECONDARY_YEARS,
                    year_size=6,
                )
            )
    return tuple(plans)


class _Numbers:
    """Gives each authority's schools numbers in the blocks of facts/domain.md 3.2."""

    def __init__(self) -> None:
        self._given: dict[tuple[str, int], int] = defaultdict(int)

    def next_of(self, authority: str, block: int) -> str:
        self._given[authority, block] += 1
        return f"{authority}{block + self._given[authority, block]}"


def _cluster(
    cluster: int,
    authority: str,
    intake: int,
    primaries: int | None,
    numbers: _Numbers,
    random: Random,
) -> Iterator[SchoolPlan]:
    count = primaries or max(1, round(intake / LEARNERS_A_PRIMARY_YEAR))
    weights = [random.uniform(0.4, 1.6) for _ in range(count)]
    sizes = [max(3, round(intake * weight / sum(weights))) for weight in weights]
    secondary = SchoolPlan(
        number=numbers.next_of(authority, 4000),
        name=f"{place(cluster)} High School",
        name_cy=f"Ysgol Uwchradd {place(cluster)}",
        authority=authority,
        sector="Secondary",
        years=SECONDARY_YEARS,
        year_size=sum(sizes),
    )
    yield secondary
    for index, size in enumerate(sizes):
        name = place(100 + cluster * 11 + index)
        yield SchoolPlan(
            number=numbers.next_of(authority, 2000),
            name=f"{name} Primary School",
            name_cy=f"Ysgol Gynradd {name}",
            authority=authority,
            sector="Primary",
            years=PRIMARY_YEARS,
            year_size=size,
            leads_to=secondary.number,
        )


_YEARS_BY_TYPE = {
    "Nursery, Infants & Juniors": PRIMARY_YEARS,
    "Infants & Juniors": PRIMARY_YEARS[1:],
    "Nursery & Infants": PRIMARY_YEARS[:4],
    "Infants": PRIMARY_YEARS[1:4],
    "Juniors": PRIMARY_YEARS[4:],
    "Nursery": ("N1", "N2"),
    "Secondary (ages 11-16)": SECONDARY_YEARS,
    "Secondary (ages 11-19)": SECONDARY_YEARS + SIXTH_FORM,
    "Middle (ages 3-16)": PRIMARY_YEARS + SECONDARY_YEARS,
    "Middle (ages 3-19)": PRIMARY_YEARS + SECONDARY_YEARS + SIXTH_FORM,
    "Middle (ages 4-19)": PRIMARY_YEARS[1:] + SECONDARY_YEARS + SIXTH_FORM,
    "Special (with post-16 provision)": PRIMARY_YEARS[1:] + SECONDARY_YEARS + SIXTH_FORM,
    "Special (without post-16 provision)": PRIMARY_YEARS[1:] + SECONDARY_YEARS,
}


def real_schools(folder: Path, size: Size) -> tuple[SchoolPlan, ...]:
    """Schools of the maintained list of 2018, secondaries each with primaries of its authority.

    As many clusters as it takes to reach ``size.learners``; every school where it asks for more
    learners than Wales has. Raises FileNotFoundError where the list is not there.
    """
    with (folder / "maintained-2018-04.csv").open(encoding="utf-8", newline="") as lines:
        listed = [_listed(row) for row in csv.DictReader(lines)]
    by_authority: dict[str, list[SchoolPlan]] = defaultdict(list)
    for plan in listed:
        if plan is not None:
            by_authority[plan.authority].append(plan)
    clusters = [
        cluster
        for authority in sorted(by_authority)
        for cluster in _grouped(by_authority[authority])
    ]
    clusters.sort(key=lambda cluster: cluster[0].number[3:])  # so that several authorities appear
    chosen: list[SchoolPlan] = []
    learners = 0
    for number, cluster in enumerate(clusters):
        if learners >= size.learners and number >= size.cluster_count:
            break
        chosen += cluster
        learners += sum(plan.year_size * len(plan.years) for plan in cluster)
    there = {plan.number for plan in chosen}
    return tuple(
        plan if plan.leads_to in there else replace(plan, leads_to=None) for plan in chosen
    )


def _listed(row: dict[str, str]) -> SchoolPlan | None:
    pupils = row["Pupils - see notes"]
    years = _YEARS_BY_TYPE.get(row["School Type"])
    if years is None or not pupils.isdigit():
        return None
    name = row["School Name"]
    return SchoolPlan(
        number=row["School Number"],
        name=name,
        name_cy=name,
        authority=row["LA Code"],
        sector=row["Sector"],
        years=years,
        year_size=max(1, round(int(pupils) / len(years))),
    )


def _grouped(plans: list[SchoolPlan]) -> Iterator[list[SchoolPlan]]:
    secondaries = [plan for plan in plans if plan.sector == "Secondary"]
    others = [plan for plan in plans if plan.sector != "Secondary"]
    feeders = [plan for plan in others if plan.top_year == "6"]
    rest = [plan for plan in others if plan.top_year != "6"]
    for place_in_list, secondary in enumerate(secondaries):
        last = place_in_list == len(secondaries) - 1
        taken = feeders if last else feeders[:MOST_FEEDERS]
        feeders = [] if last else feeders[MOST_FEEDERS:]
        yield [secondary, *(replace(plan, leads_to=secondary.number) for plan in taken)]
    for plan in rest:
        follows = [school for school in others if _continues(plan, school)]
        yield [replace(plan, leads_to=follows[0].number if follows else None)]


def _continues(left: SchoolPlan, entered: SchoolPlan) -> bool:
    following = {"N2": "R", "2": "3"}.get(left.top_year)
    return following is not None and entered.years[0] == following
