"""Fills schools with learners who have valid UPNs, and staff whose codes repeat between schools."""

from collections import defaultdict
from dataclasses import replace
from datetime import date, timedelta
from random import Random

from hwb_rehearsal.world import names
from hwb_rehearsal.world.rows import LearnerRow, StaffRow
from hwb_rehearsal.world.schools import SchoolPlan
from hwb_schemas.upn import LETTERS, check_letter

YEAR_GROUPS = ("N1", "N2", "R", *(str(year) for year in range(1, 15)))
SERIALS = 1000
LEARNERS_A_TEACHER = 17
_AGE_IN_RECEPTION = 4


class UpnIssuer:
    """Issues UPNs as schools do: by issuing school and year, the serials in turn."""

    def __init__(self) -> None:
        self._issued: dict[tuple[str, int], int] = defaultdict(int)

    def permanent(self, school: str, year: int) -> str:
        """The next UPN of this school and calendar year.

        A school that has issued all serials of a year goes on with an earlier year's.
        """
        while self._issued[school, year] >= SERIALS:
            year -= 1
        serial = self._issued[school, year]
        self._issued[school, year] += 1
        rest = f"{school}{year % 100:02}{serial:03}"
        return check_letter(rest) + rest

    def temporary(self, school: str, year: int) -> str:
        """The next temporary UPN: its last character is a letter."""
        permanent = self.permanent(school, year)
        serial = int(permanent[-3:])
        rest = f"{permanent[1:10]}{serial % 100:02}{LETTERS[serial % len(LETTERS)]}"
        return check_letter(rest) + rest


class People:
    """Makes learners and staff one after another; the order of calls is part of the seed."""

    def __init__(self, random: Random) -> None:
        self._random = random
        self._issuer = UpnIssuer()
        self._admissions: dict[str, int] = defaultdict(int)

    def learner(
        self, school: SchoolPlan, year_group: str, *, issued_by: str, year: int
    ) -> LearnerRow:
        """A learner who is in this year group in the academic year that began in ``year``."""
        birth_date = _birth_date(self._random, year_group, year)
        entry_year = max(year - YEAR_GROUPS.index(year_group) + YEAR_GROUPS.index("R"), 2004)
        admitted = date(_admission_year(school, year_group, year), 9, 1)
        number = self.admission_number(school.number)
        return LearnerRow(
            local_id=f"L{number}",
            upn=self._issuer.permanent(issued_by, min(entry_year, year)),
            surname=names.surname(self._random),
            forename=names.forename(self._random),
            birth_date=birth_date,
            sex=self._random.choice("FM"),
            admission_number=number,
            admission_date=admitted,
            year_group=year_group,
        )

    def admission_number(self, school: str) -> str:
        """The school's next admission number."""
        self._admissions[school] += 1
        return f"{self._admissions[school]:06}"

    def upn(self, school: str, year: int) -> str:
        """Another permanent UPN of this school and calendar year."""
        return self._issuer.permanent(school, year)

    def temporary_upn(self, school: str, year: int) -> str:
        """A temporary UPN as a school gives one to a learner whose own is not known yet."""
        return self._issuer.temporary(school, year)

    def staff_of(self, learners: int) -> list[StaffRow]:
        """A head, and teachers for so many learners; their codes are unique among these only."""
        rows: list[StaffRow] = []
        codes: set[str] = set()
        for index in range(1 + max(2, learners // LEARNERS_A_TEACHER)):
            row = self.member_of_staff(f"T{index + 1:04}", codes)
            codes.add(row.staff_code)
            rows.append(replace(row, role="administrator") if index == 0 else row)
        return rows

    def member_of_staff(self, local_id: str, taken: set[str]) -> StaffRow:
        """A member of staff whose code (initials, a number if need be) is not among ``taken``."""
        forename, surname = names.forename(self._random), names.surname(self._random)
        initials = (forename[0] + surname.replace("'", "")[:2]).upper()
        code, number = initials, 1
        while code in taken:
            number += 1
            code = f"{initials}{number}"
        return StaffRow(
            local_id=local_id,
            staff_code=code,
            surname=surname,
            forename=forename,
            start_date=date(2021, 9, 1) - timedelta(days=365 * self._random.randrange(12)),
        )


def _birth_date(random: Random, year_group: str, year: int) -> date:
    age = YEAR_GROUPS.index(year_group) - YEAR_GROUPS.index("R") + _AGE_IN_RECEPTION
    return date(year - age - 1, 9, 1) + timedelta(days=random.randrange(365))


def _admission_year(school: SchoolPlan, year_group: str, year: int) -> int:
    return year - school.years.index(year_group)
