"""Waits until the system has come to a state of the story by itself, and reports it."""

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

from hwb_rehearsal.compare.accounts import PersonCheck, person_rows
from hwb_rehearsal.compare.cases import open_cases, open_cases_row
from hwb_rehearsal.compare.groups import GroupCheck, group_rows
from hwb_rehearsal.compare.rows import Row, row_of_faults
from hwb_rehearsal.demo.reality import Reality
from hwb_rehearsal.demo.show import Show
from hwb_rehearsal.stack.settings import TECHNICAL_OWNER
from hwb_rehearsal.story.acts import SeeCases
from hwb_rehearsal.story.expectation import Checkpoint, Line

REACH_SECONDS = 60.0
GROUPS_SECONDS = 90.0
LOOK_EVERY = 0.25


@dataclass
class Watch:
    """Looks at reality until it is as the story says, or patience ends: then the table tells."""

    reality: Reality
    show: Show
    may: dict[str, str] = field(default_factory=dict)
    """Each person's account id after the first provisioning."""

    @property
    def person_check(self) -> PersonCheck:
        """Compares a person with the accounts as they are now."""
        return PersonCheck(self.reality.accounts, self.may)

    async def group_check(self) -> GroupCheck:
        """Compares a group with what service and providers say now."""
        seen = await self.reality.groups()
        return GroupCheck(seen, self.reality.accounts, TECHNICAL_OWNER)

    async def reach(self, point: Checkpoint) -> list[Row]:
        """Wait for this state; gives its rows where it is one that is reported."""
        rows = []
        if point.persons:
            await self._persons(point)
            rows += person_rows(point.persons, self.person_check)
        if point.groups:
            rows += group_rows(point.groups, await self._groups(point))
        if not self.may:
            found = {person.key: self.reality.accounts.ids(person.key) for person in point.persons}
            self.may.update({key: ids[0] for key, ids in found.items() if ids})
        return rows if point.reported else []

    async def _persons(self, point: Checkpoint) -> None:
        check = self.person_check
        missing = list(point.persons)
        with self.show.bar(point.name, len(missing)) as advance:

            async def reached() -> bool:
                nonlocal missing
                missing = [person for person in missing if check(person) is not None]
                advance(len(point.persons) - len(missing))
                if not missing:  # some may have changed again since they were looked at
                    missing = [person for person in point.persons if check(person) is not None]
                return not missing

            await self.until(reached, point.name, REACH_SECONDS)

    async def _groups(self, point: Checkpoint) -> GroupCheck:
        check = await self.group_check()
        with self.show.bar(point.name, len(point.groups)) as advance:

            async def reached() -> bool:
                nonlocal check
                check = await self.group_check()
                missing = sum(check(group) is not None for group in point.groups)
                advance(len(point.groups) - missing)
                return missing == 0

            await self.until(reached, point.name, GROUPS_SECONDS)
        return check

    async def waiting(self, school: str, wanted: set[str]) -> set[str]:
        """Wait until a school reads of those that wait, by person_ref; gives what it reads."""
        seen: set[str] = set()

        async def reached() -> bool:
            nonlocal seen
            seen = await self.reality.pending(school)
            return seen == wanted

        await self.until(reached, f"who waits at {school}", REACH_SECONDS)
        return seen

    async def see_cases(self, act: SeeCases) -> Row:
        """Wait until these schools have these cases open."""
        wanted = Counter(act.schools)

        async def reached() -> bool:
            await self.reality.read_everything()
            return open_cases(act.kind, self.reality.cases.all) == wanted

        await self.until(reached, f"cases {act.kind}", REACH_SECONDS)
        return open_cases_row(act.line, act.schools, open_cases(act.kind, self.reality.cases.all))

    async def until(
        self, reached: Callable[[], Awaitable[bool]], what: str, seconds: float
    ) -> None:
        """Look again and again; after so many seconds, say so and go on."""
        loop = asyncio.get_running_loop()
        deadline = loop.time() + seconds
        while not await reached():
            if loop.time() > deadline:
                self.show.say(f"  [yellow]not within {seconds:.0f} s:[/yellow] {what}")
                return
            await asyncio.sleep(LOOK_EVERY)


def waiting_row(line: Line, expected: dict[str, set[str]], seen: dict[str, set[str]]) -> Row:
    """Who waits at which school, by person_ref."""
    faults = [
        f"{school}: {len(expected[school] - seen[school])} missing,"
        f" {len(seen[school] - expected[school])} too many"
        for school in expected
        if expected[school] != seen[school]
    ]
    return row_of_faults(
        line,
        expected=f"{sum(map(len, expected.values()))} pending",
        actual=f"{sum(map(len, seen.values()))} pending",
        faults=faults,
    )
