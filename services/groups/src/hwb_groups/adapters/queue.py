"""The queue of operations in PostgreSQL: claimed by lane, held by a lease, put back to wait."""

from collections.abc import Collection
from dataclasses import dataclass
from typing import Any
from uuid import uuid4

from hwb_groups.application.errors import LeaseLostError
from hwb_groups.application.ports import Operation
from hwb_groups.domain.group import Action, Lane
from hwb_groups.domain.quota import QUOTAS
from hwb_runtime.database import Database
from hwb_schemas.words import Provider


@dataclass(frozen=True)
class PostgresQueue:
    """``application.ports.OperationQueue``; all times are the system's.

    A group is left alone for ``pause_seconds`` after a step of an operation of it, whichever worker
    takes the next: Microsoft allows few calls a second on one team.
    """

    database: Database
    lease_seconds: float
    pause_seconds: float

    async def claim(self, provider: Provider, *, up_to: Lane, limit: int) -> list[Operation]:
        """None while the provider has told us to wait; no archives while their run is not open."""
        lease = uuid4().hex
        async with self.database.autocommit() as session:
            await session.execute(
                """UPDATE operation
                   SET state = 'queued', lease = NULL, asked_at = coalesce(asked_at, started_at)
                   WHERE provider = %s AND state = 'running' AND lease_until < clock_timestamp()""",
                (provider.value,),
            )
            rows = await session.fetch(
                """UPDATE operation o
                   SET state = 'running', lease = %(lease)s,
                       lease_until = clock_timestamp() + make_interval(secs => %(seconds)s),
                       started_at = coalesce(o.started_at, clock_timestamp())
                   FROM (SELECT operation_id FROM operation
                         WHERE provider = %(provider)s AND state = 'queued'
                           AND lane <= CASE WHEN EXISTS (
                                   SELECT 1 FROM archive_run WHERE ended_at IS NULL AND NOT open)
                               THEN least(%(lane)s, %(before_bulk)s) ELSE %(lane)s END
                           AND not_before <= clock_timestamp()
                           AND NOT EXISTS (
                               SELECT 1 FROM bucket WHERE name = ANY(%(buckets)s)
                               AND blocked_until > clock_timestamp() + interval '1 second')
                         ORDER BY lane, not_before, operation_id
                         LIMIT %(limit)s FOR UPDATE SKIP LOCKED) AS due
                   WHERE o.operation_id = due.operation_id
                   RETURNING o.operation_id, o.group_id, o.action, o.generation, o.lane, o.lease,
                       o.attempts, o.location,
                       extract(epoch FROM clock_timestamp() - o.asked_at)::float,
                       extract(epoch FROM clock_timestamp() - coalesce(
                           (SELECT min(c.queued_at) FROM operation c
                            WHERE c.group_id = o.group_id AND c.action = 'create'),
                           o.queued_at))::float,
                       o.traceparent""",
                {
                    "lease": lease,
                    "seconds": self.lease_seconds,
                    "provider": provider.value,
                    "lane": int(up_to),
                    "before_bulk": int(Lane.BULK) - 1,
                    "buckets": [
                        k.value for k, quota in QUOTAS.items() if quota.provider is provider
                    ],
                    "limit": limit,
                },
            )
        return [_operation_of(row) for row in rows]

    async def keep(self, operations: Collection[Operation]) -> int:
        """Extend the leases; gives how many of them there still were."""
        async with self.database.autocommit() as session:
            return await session.execute(
                """UPDATE operation o
                   SET lease_until = clock_timestamp() + make_interval(secs => %s)
                   FROM unnest(%s::bigint[], %s::text[]) AS held (operation_id, lease)
                   WHERE o.operation_id = held.operation_id AND o.lease = held.lease
                     AND o.state = 'running'""",
                (
                    self.lease_seconds,
                    [operation.operation_id for operation in operations],
                    [operation.lease for operation in operations],
                ),
            )

    async def let_go(self, operations: Collection[Operation]) -> None:
        """Give them back at once; the provider may have heard of them."""
        async with self.database.autocommit() as session:
            await session.execute(
                """UPDATE operation o
                   SET state = 'queued', lease = NULL,
                       asked_at = coalesce(o.asked_at, o.started_at),
                       not_before = clock_timestamp() + make_interval(secs => %s),
                       quiet_until = clock_timestamp() + make_interval(secs => %s)
                   FROM unnest(%s::bigint[], %s::text[]) AS held (operation_id, lease)
                   WHERE o.operation_id = held.operation_id AND o.lease = held.lease
                     AND o.state = 'running'""",
                (
                    self.pause_seconds,
                    self.pause_seconds,
                    [operation.operation_id for operation in operations],
                    [operation.lease for operation in operations],
                ),
            )

    async def put_back(
        self,
        operation: Operation,
        *,
        after: float,
        attempts: int,
        location: str | None,
        asked: bool,
        lane: Lane,
    ) -> None:
        """A lane that was made faster while the operation was in hand stays so."""
        async with self.database.autocommit() as session:
            touched = await session.execute(
                """UPDATE operation
                   SET state = 'queued', lease = NULL, attempts = %(attempts)s,
                       location = %(location)s,
                       not_before = clock_timestamp() + make_interval(secs => %(after)s),
                       quiet_until = clock_timestamp() + make_interval(secs => %(pause)s),
                       asked_at = CASE WHEN %(asked)s
                                  THEN coalesce(asked_at, clock_timestamp()) ELSE asked_at END,
                       lane = CASE WHEN lane < %(claimed)s THEN lane ELSE %(lane)s END
                   WHERE operation_id = %(id)s AND lease = %(lease)s AND state = 'running'""",
                {
                    "attempts": attempts,
                    "location": location,
                    "after": max(after, self.pause_seconds),
                    "pause": self.pause_seconds,
                    "asked": asked,
                    "claimed": int(operation.lane),
                    "lane": int(lane),
                    "id": operation.operation_id,
                    "lease": operation.lease,
                },
            )
        if touched != 1:
            raise LeaseLostError


def _operation_of(row: tuple[Any, ...]) -> Operation:
    return Operation(
        operation_id=row[0],
        group_id=row[1],
        action=Action(row[2]),
        generation=row[3],
        lane=Lane(row[4]),
        lease=row[5],
        attempts=row[6],
        location=row[7],
        asked_age=row[8],
        group_age=row[9],
        traceparent=row[10],
    )
