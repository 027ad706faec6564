"""Groups, members and operations in PostgreSQL, within the transaction of a unit of work."""

from collections import defaultdict
from collections.abc import Collection, Iterable
from datetime import datetime
from typing import Any

from hwb_groups.application.ports import ClassRow, Operation, RosterEntry
from hwb_groups.domain.failure import FailureCode
from hwb_groups.domain.group import Action, Group, GroupState, Lane, Wish, lane_of
from hwb_groups.domain.membership import MemberRole, Person
from hwb_groups.domain.quota import QUOTAS
from hwb_groups.domain.restore_estimate import Standing
from hwb_runtime.database import Session
from hwb_runtime.tracing import next_traceparent
from hwb_schemas.words import AccountStatus, ClassState, Provider

MEMBERSHIP_LOCK = 0x6772_7031
GROUP_COLUMNS = """g.group_id, g.provider, g.provider_id, g.class_key, g.school, g.academic_year,
    g.class_code, g.title, g.state, g.wish, g.generation, g.linked, g.roster_wanted, g.roster_done,
    g.parked, g.reason"""
CLASS_COLUMNS = """class_key, school, academic_year, class_code, title, year_group, state,
    teachers, members"""
HAS_OWNER = """EXISTS (SELECT 1 FROM group_member m JOIN account a USING (account_id)
    WHERE m.group_id = g.group_id AND m.role = 'teacher' AND a.status = 'active'
      AND (a.home_school = g.school OR g.school = ANY(a.other_schools)))"""
"""Of a group ``g``: a teacher of it still counts at its school."""
_PERSON_COLUMNS = """a.account_id, a.status, a.sign_in_name, a.home_school, a.other_schools,
    a.person_refs"""


def group_of(row: tuple[Any, ...]) -> Group:
    """A row of ``GROUP_COLUMNS``."""
    return Group(
        group_id=row[0],
        provider=Provider(row[1]),
        provider_id=row[2],
        class_key=row[3],
        school=row[4],
        academic_year=row[5],
        class_code=row[6],
        title=row[7],
        state=GroupState(row[8]),
        wish=Wish(row[9]),
        generation=row[10],
        linked=row[11],
        roster_wanted=row[12],
        roster_done=row[13],
        parked=None if row[14] is None else Action(row[14]),
        reason=None if row[15] is None else FailureCode(row[15]),
    )


def class_of(row: tuple[Any, ...]) -> ClassRow:
    """A row of ``CLASS_COLUMNS``."""
    return ClassRow(
        class_key=row[0],
        school=row[1],
        academic_year=row[2],
        class_code=row[3],
        title=row[4],
        year_group=row[5],
        current=row[6] != ClassState.WITHDRAWN,
        teachers=tuple(row[7]),
        members=tuple(row[8]),
    )


def _person_of(row: tuple[Any, ...]) -> Person:
    return Person(
        account_id=row[0],
        status=AccountStatus(row[1]),
        sign_in_name=row[2],
        home_school=row[3],
        other_schools=frozenset(row[4]),
        person_refs=frozenset(row[5]),
    )


def _entries(rows: Iterable[tuple[Any, ...]]) -> list[RosterEntry]:
    return [RosterEntry(row[0], row[1], MemberRole(row[2])) for row in rows]


class PostgresGroups:
    """``application.ports.Groups`` on one session."""

    def __init__(self, session: Session) -> None:
        self._session = session

    async def lock_membership(self) -> None:
        await self._session.fetch_one("SELECT pg_advisory_xact_lock(%s)", (MEMBERSHIP_LOCK,))

    async def share_membership(self) -> None:
        await self._session.fetch_one("SELECT pg_advisory_xact_lock_shared(%s)", (MEMBERSHIP_LOCK,))

    async def class_for_update(self, class_key: str) -> ClassRow | None:
        row = await self._session.fetch_one(
            f"SELECT {CLASS_COLUMNS} FROM class WHERE class_key = %s FOR UPDATE",  # noqa: S608
            (class_key,),
        )
        return None if row is None else class_of(row)

    async def group(self, group_id: str) -> Group | None:
        found = await self.groups([group_id])
        return found[0] if found else None

    async def seen(self, group_id: str) -> Group | None:
        row = await self._session.fetch_one(
            f"SELECT {GROUP_COLUMNS} FROM class_group g WHERE g.group_id = %s",  # noqa: S608 - ours
            (group_id,),
        )
        return None if row is None else group_of(row)

    async def groups(self, group_ids: Collection[str]) -> list[Group]:
        return await self._groups("g.group_id = ANY(%s)", list(group_ids))

    async def groups_of_school(self, school: str) -> list[Group]:
        return await self._groups("g.school = ANY(%s)", [school])

    async def groups_of_classes(self, class_keys: Collection[str]) -> list[Group]:
        return await self._groups("g.class_key = ANY(%s)", list(class_keys))

    async def _groups(self, where: str, values: list[str]) -> list[Group]:
        rows = await self._session.fetch(
            f"""SELECT {GROUP_COLUMNS} FROM class_group g WHERE {where}
                ORDER BY g.group_id FOR UPDATE""",  # noqa: S608 - both parts are ours
            (values,),
        )
        return [group_of(row) for row in rows]

    async def insert_group(self, group: Group, *, asked_by: str, now: datetime) -> None:
        await self._session.execute(
            """INSERT INTO class_group (group_id, provider, class_key, school, academic_year,
                   class_code, title, state, wish, generation, linked, roster_wanted, roster_done,
                   asked_by, created_at, changed_at)
               VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s)""",
            (
                group.group_id,
                group.provider.value,
                group.class_key,
                group.school,
                group.academic_year,
                group.class_code,
                group.title,
                group.state.value,
                group.wish.value,
                group.generation,
                group.linked,
                group.roster_wanted,
                group.roster_done,
                asked_by,
                now,
                now,
            ),
        )

    async def update_group(self, group: Group, *, now: datetime) -> None:
        await self._session.execute(
            """UPDATE class_group
               SET provider_id = %s, state = %s, wish = %s, generation = %s, linked = %s,
                   roster_wanted = %s, roster_done = %s, parked = %s, reason = %s, changed_at = %s
               WHERE group_id = %s""",
            (
                group.provider_id,
                group.state.value,
                group.wish.value,
                group.generation,
                group.linked,
                group.roster_wanted,
                group.roster_done,
                None if group.parked is None else group.parked.value,
                None if group.reason is None else group.reason.value,
                now,
                group.group_id,
            ),
        )

    async def people_of(self, person_refs: Collection[str]) -> list[Person]:
        rows = await self._session.fetch(
            f"""SELECT {_PERSON_COLUMNS} FROM account a WHERE a.account_id IN
                (SELECT p.account_id FROM person p WHERE p.person_ref = ANY(%s))""",  # noqa: S608
            (list(person_refs),),
        )
        return [_person_of(row) for row in rows]

    async def people(self, account_ids: Collection[str]) -> list[Person]:
        rows = await self._session.fetch(
            f"SELECT {_PERSON_COLUMNS} FROM account a WHERE a.account_id = ANY(%s)",  # noqa: S608
            (list(account_ids),),
        )
        return [_person_of(row) for row in rows]

    async def rosters(self, group_ids: Collection[str]) -> list[RosterEntry]:
        return _entries(
            await self._session.fetch(
                "SELECT group_id, person_ref, role FROM group_roster WHERE group_id = ANY(%s)",
                (list(group_ids),),
            )
        )

    async def replace_rosters(
        self, group_ids: Collection[str], entries: Collection[RosterEntry]
    ) -> None:
        await self._session.execute(
            "DELETE FROM group_roster WHERE group_id = ANY(%s)", (list(group_ids),)
        )
        await self._session.copy_in(
            "group_roster",
            ("group_id", "person_ref", "role"),
            [(entry.group_id, entry.person_ref, entry.role.value) for entry in entries],
        )

    async def following(self, person_refs: Collection[str]) -> list[RosterEntry]:
        return _entries(
            await self._session.fetch(
                """SELECT r.group_id, r.person_ref, r.role
                   FROM group_roster r JOIN class_group g USING (group_id)
                   WHERE r.person_ref = ANY(%s) AND g.wish = 'present'""",
                (list(person_refs),),
            )
        )

    async def members(self, group_ids: Collection[str]) -> dict[str, dict[str, MemberRole]]:
        found: dict[str, dict[str, MemberRole]] = defaultdict(dict)
        rows = await self._session.fetch(
            "SELECT group_id, account_id, role FROM group_member WHERE group_id = ANY(%s)",
            (list(group_ids),),
        )
        for group_id, account_id, role in rows:
            found[group_id][account_id] = MemberRole(role)
        return found

    async def change_members(
        self,
        *,
        put: Collection[tuple[str, str, MemberRole]],
        drop: Collection[tuple[str, str]],
    ) -> None:
        if drop:
            await self._session.execute(
                """DELETE FROM group_member m
                   USING unnest(%s::text[], %s::text[]) AS gone (group_id, account_id)
                   WHERE m.group_id = gone.group_id AND m.account_id = gone.account_id""",
                ([row[0] for row in drop], [row[1] for row in drop]),
            )
        if put:
            await self._session.execute(
                """INSERT INTO group_member (group_id, account_id, role)
                   SELECT * FROM unnest(%s::text[], %s::text[], %s::text[])
                   ON CONFLICT (group_id, account_id) DO UPDATE SET role = excluded.role""",
                (
                    [row[0] for row in put],
                    [row[1] for row in put],
                    [row[2].value for row in put],
                ),
            )

    async def sign_in_names(self, group_id: str) -> dict[str, MemberRole]:
        rows = await self._session.fetch(
            """SELECT a.sign_in_name, m.role FROM group_member m JOIN account a USING (account_id)
               WHERE m.group_id = %s""",
            (group_id,),
        )
        return {name: MemberRole(role) for name, role in rows}

    async def want_rosters(self, group_ids: Collection[str], *, now: datetime) -> None:
        await self._session.execute(
            """UPDATE class_group
               SET roster_wanted = roster_wanted + 1, changed_at = %s,
                   parked = CASE WHEN parked = 'roster' THEN NULL ELSE parked END
               WHERE group_id = ANY(%s)""",
            (now, list(group_ids)),
        )

    async def enqueue(
        self, wanted: Collection[tuple[Group, Action]], *, traceparent: str | None
    ) -> int:
        return await self._session.execute(
            """INSERT INTO operation (group_id, provider, action, generation, lane, traceparent,
                   not_before)
               SELECT w.*, %s, greatest(clock_timestamp(), (
                   SELECT max(o.quiet_until) FROM operation o WHERE o.group_id = w.group_id))
               FROM unnest(%s::text[], %s::text[], %s::text[], %s::int[], %s::int[])
                   AS w (group_id, provider, action, generation, lane)
               ON CONFLICT (group_id) WHERE state IN ('queued', 'running') DO NOTHING""",
            (
                next_traceparent(traceparent),
                [group.group_id for group, _ in wanted],
                [group.provider.value for group, _ in wanted],
                [action.value for _, action in wanted],
                [group.generation for group, _ in wanted],
                [int(lane_of(action)) for _, action in wanted],
            ),
        )

    async def cancel_unasked(self, group_id: str, actions: Collection[Action]) -> int:
        return await self._session.execute(
            """UPDATE operation SET state = 'cancelled', finished_at = clock_timestamp()
               WHERE group_id = %s AND action = ANY(%s) AND state = 'queued'
                 AND asked_at IS NULL""",
            (group_id, [action.value for action in actions]),
        )

    async def hurry(self, group_id: str, lane: Lane) -> None:
        await self._session.execute(
            """UPDATE operation SET lane = least(lane, %s)
               WHERE group_id = %s AND state IN ('queued', 'running')""",
            (int(lane), group_id),
        )

    async def standing(self, group: Group, *, line_seconds: float) -> Standing:
        provider = group.provider.value
        mine = await self._session.fetch_one(
            """SELECT operation_id, action,
                      extract(epoch FROM clock_timestamp() - started_at)::float
               FROM operation WHERE group_id = %s AND state IN ('queued', 'running')""",
            (group.group_id,),
        )
        number, action, begun_for = mine or (None, None, None)
        restoring = action == Action.RESTORE
        line = await self._session.fetch_one(
            """WITH ahead AS (
                   SELECT queued_at FROM operation
                   WHERE provider = %(provider)s AND state = 'queued' AND lane <= %(lane)s
                     AND action = 'restore' AND started_at IS NULL
                     AND (%(mine)s::bigint IS NULL OR operation_id < %(mine)s)
               ), span AS (
                   SELECT count(*) AS ahead, coalesce(least(%(longest)s, extract(
                       epoch FROM clock_timestamp() - min(queued_at)))::float, 0) AS seconds
                   FROM ahead
               )
               SELECT ahead, seconds, (
                   SELECT count(*) FROM operation
                   WHERE provider = %(provider)s AND action = 'restore'
                     AND started_at > clock_timestamp() - make_interval(secs => seconds))
               FROM span""",
            {
                "provider": provider,
                "lane": int(Lane.RESTORE_POLL),
                "mine": number if restoring else None,
                "longest": line_seconds,
            },
        )
        ahead, line_for, left_line = line or (0, 0.0, 0)
        return Standing(
            ahead=ahead,
            begun=restoring and begun_for is not None,
            begun_for=begun_for or 0.0,
            line_for=line_for,
            left_line=left_line,
            blocked_for=await self._blocked_for(group.provider),
            seconds_each=await self._median(provider, Action.RESTORE),
            archive_under_way=action == Action.ARCHIVE,
            archive_each=await self._median(provider, Action.ARCHIVE),
        )

    async def _blocked_for(self, provider: Provider) -> float:
        row = await self._session.fetch_one(
            """SELECT extract(epoch FROM max(blocked_until) - clock_timestamp())::float FROM bucket
               WHERE name = ANY(%s) AND blocked_until > clock_timestamp()""",
            ([kind.value for kind, quota in QUOTAS.items() if quota.provider is provider],),
        )
        return float(row[0]) if row and row[0] is not None else 0.0

    async def _median(self, provider: str, action: Action) -> float | None:
        """Of the latest fifty; None where there is none."""
        row = await self._session.fetch_one(
            """SELECT extract(epoch FROM percentile_cont(0.5) WITHIN GROUP (ORDER BY took))::float
               FROM (SELECT finished_at - started_at AS took FROM operation
                     WHERE provider = %s AND action = %s AND state = 'done'
                     ORDER BY finished_at DESC LIMIT 50) AS latest""",
            (provider, action.value),
        )
        return row[0] if row else None

    async def save_provider_id(self, operation: Operation, provider_id: str) -> bool:
        touched = await self._session.execute(
            """UPDATE class_group g SET provider_id = %s FROM operation o
               WHERE g.group_id = o.group_id AND o.operation_id = %s AND o.lease = %s
                 AND o.state = 'running'""",
            (provider_id, operation.operation_id, operation.lease),
        )
        return touched == 1

    async def finish(
        self, operation: Operation, *, state: str, error_code: str | None, pause_seconds: float
    ) -> bool:
        touched = await self._session.execute(
            """UPDATE operation
               SET state = %s, error_code = %s, finished_at = clock_timestamp(), lease = NULL,
                   quiet_until = clock_timestamp() + make_interval(secs => %s)
               WHERE operation_id = %s AND lease = %s AND state = 'running'""",
            (state, error_code, pause_seconds, operation.operation_id, operation.lease),
        )
        return touched == 1

    async def has_owner(self, group_id: str) -> bool:
        row = await self._session.fetch_one(
            f"SELECT {HAS_OWNER} FROM class_group g WHERE g.group_id = %s",  # noqa: S608 - ours
            (group_id,),
        )
        return bool(row and row[0])

    async def freeze(self, up_to_year: str, *, now: datetime) -> int:
        return await self._session.execute(
            """UPDATE class_group SET state = 'frozen', changed_at = %s
               WHERE state = 'linked' AND academic_year <= %s""",
            (now, up_to_year),
        )

    async def wish_archived(self, group_ids: Collection[str], *, now: datetime) -> None:
        await self._session.execute(
            """UPDATE class_group
               SET wish = 'archived', generation = generation + 1, changed_at = %s,
                   state = CASE WHEN state = 'creating' THEN state ELSE 'archiving' END
               WHERE group_id = ANY(%s)""",
            (now, list(group_ids)),
        )
