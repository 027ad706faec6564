"""The groups service's queue behind very many archives, and its use of the providers' quotas.

Each side is a process of its own (``tests/bench/groups_queue.py``, ``groups_quota.py``) with the
service's parts as its worker has them. What is measured in real time has both emulators in a
process of their own (``groups_emulators.py``); on the virtual clock they are in the side's.
"""

import sys
from collections.abc import Awaitable, Callable, Collection
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from hwb_rehearsal.bench.report import Row, compared, measured
from hwb_rehearsal.bench.side import Timed, figures_of
from hwb_rehearsal.stack import Postgres

CLAIMS = "queue_claims"
RESTORE_CLAIM = "restore_claim_p99"
RESTORE_VISIBLE = "restore_visible_p99"
QUOTA_USED = "provider_quota_used"
ARCHIVE = "archive_100k_vs_ideal"
ROWS = (CLAIMS, RESTORE_CLAIM, RESTORE_VISIBLE, QUOTA_USED, ARCHIVE)

BACKLOG = 150_000
ARCHIVED = 100_000
RESTORES = 100
COUNTED_SECONDS = 10.0
STEADY_SECONDS = 60.0

WANTED_CLAIM_SECONDS = 1.0
WANTED_SHARE = 0.95
SIDE_SECONDS = 600.0
ARCHIVE_SECONDS = 7200.0
"""Real seconds for the virtual hours of an archive."""

Say = Callable[[str], None]


@dataclass
class GroupsBench:
    """What is measured of the groups service, and on what."""

    root: Path
    postgres: Postgres
    wanted: Collection[str]
    rounds: int
    archived: int
    say: Say
    _databases: int = field(default=0, init=False)

    async def rows(self) -> list[Row]:
        """The wanted rows, in the order of ``ROWS``."""
        self.root.mkdir(parents=True)
        parts: list[tuple[tuple[str, ...], Callable[[], Awaitable[list[Row]]]]] = [
            ((CLAIMS,), self._claims),
            ((RESTORE_CLAIM, RESTORE_VISIBLE), self._restores),
            ((QUOTA_USED,), self._quota_used),
            ((ARCHIVE,), self._archive),
        ]
        rows = [
            row
            for names, part in parts
            if not set(names).isdisjoint(self.wanted)
            for row in await part()
        ]
        return [row for row in rows if row.name in self.wanted]

    async def _claims(self) -> list[Row]:
        url = self._database()
        self.say(f"{BACKLOG:,} archives are queued, and as many jobs of a bare queue ...")
        await self._side("groups_queue", "fill", url, "--backlog", str(BACKLOG))
        rates: dict[str, list[float]] = {"claims": [], "bare": []}
        for number in range(1, self.rounds + 1):
            for verb, found in rates.items():
                more = ["--seconds", str(COUNTED_SECONDS)]
                if verb == "bare":  # so quick that it would run dry in a round or two
                    more += ["--backlog", str(BACKLOG)]
                figures = await self._side("groups_queue", verb, url, *more)
                timed = Timed(figures["records"], figures["seconds"])
                found.append(timed.rate)
                self.say(f"round {number}, {verb}: {timed.line}")
        return [
            compared(
                CLAIMS,
                rates["claims"],
                rates["bare"],
                baseline_is="UPDATE … FOR UPDATE SKIP LOCKED on a bare table, 8 connections",
            )
        ]

    async def _restores(self) -> list[Row]:
        behind: list[dict[str, Any]] = []
        alone: list[dict[str, Any]] = []
        for number in range(1, self.rounds + 1):
            for backlog, found in ((0, alone), (BACKLOG, behind)):
                amounts = ["--backlog", str(backlog), "--number", str(RESTORES)]
                figures = await self._side("groups_queue", "restores", self._database(), *amounts)
                self.postgres.drop_databases()
                found.append(figures)
                self.say(
                    f"round {number}, {figures['records']} restores behind {backlog:,} archives:"
                    f" claimed within {figures['claim_p99']:.2f} s,"
                    f" visible within {figures['visible_p99']:.2f} s; {figures['throttled']} x 429"
                )
        claimed = [one["claim_p99"] for one in behind]
        return [
            measured(RESTORE_CLAIM, claimed, "s", target=WANTED_CLAIM_SECONDS, details=behind),
            compared(
                RESTORE_VISIBLE,
                [one["visible_p99"] for one in behind],
                [one["visible_p99"] for one in alone],
                baseline_is="the same restores with nothing else to do",
                unit="s",
            ),
        ]

    async def _quota_used(self) -> list[Row]:
        found = []
        for number in range(1, self.rounds + 1):
            seconds = str(STEADY_SECONDS)
            figures = await self._side(
                "groups_quota", "steady", self._database(), "--seconds", seconds
            )
            found.append(figures)
            self.say(
                f"round {number}: {figures['share']:.3f} of the quota is used,"
                f" {figures['throttled']} x 429"
            )
        shares = [one["share"] for one in found]
        return [measured(QUOTA_USED, shares, "of quota", target=WANTED_SHARE, details=found)]

    async def _archive(self) -> list[Row]:
        half = self.archived // 2
        amounts = ["--teams", str(half), "--classrooms", str(self.archived - half)]
        self.say(f"{self.archived:,} groups are archived on a virtual clock ...")
        figures = await self._side("groups_quota", "archive", self._database(), *amounts)
        self.say(
            f"{figures['archived']:,} archived in {figures['seconds']:,.0f} virtual seconds,"
            f" {figures['real_seconds']:,.0f} real ones; {figures['throttled']} x 429"
        )
        row = measured(
            ARCHIVE,
            [figures["seconds"]],
            "virtual s",
            target=figures["ideal_seconds"],
            details=[figures],
            target_is="calls ÷ quota, polls and verifying reads included",
        )
        return [row]

    async def _side(self, module: str, verb: str, url: str, *more: str) -> dict[str, Any]:
        command = [sys.executable, "-m", f"tests.bench.{module}", verb, "--database-url", url]
        within = ARCHIVE_SECONDS if verb == "archive" else SIDE_SECONDS
        return await figures_of([*command, *more], log=self.root / "log", within=within)

    def _database(self) -> str:
        self._databases += 1
        return self.postgres.create_database(f"hwb_groups_bench_{self._databases}")
