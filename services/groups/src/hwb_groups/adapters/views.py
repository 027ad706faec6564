"""What the API shows of groups: read-only queries, each one statement."""

from hwb_groups.adapters.class_views import OWN_CLASS
from hwb_groups.adapters.postgres import GROUP_COLUMNS, group_of
from hwb_groups.domain.group import Group
from hwb_runtime.database import Session


async def groups(
    session: Session,
    *,
    school: str | None,
    schools_of: str | None,
    academic_year: str | None,
    state: str | None,
    teacher: str | None,
    after: str | None,
    limit: int,
) -> list[tuple[Group, int]]:
    """Groups with the number of their members, by id; ``schools_of`` is an authority's code."""
    rows = await session.fetch(
        f"""SELECT {GROUP_COLUMNS},
                   (SELECT count(*) FROM group_member m WHERE m.group_id = g.group_id)
            FROM class_group g JOIN class c USING (class_key)
            WHERE (%(school)s::text IS NULL OR g.school = %(school)s)
              AND (%(authority)s::text IS NULL OR left(g.school, 3) = %(authority)s)
              AND (%(year)s::text IS NULL OR g.academic_year = %(year)s)
              AND (%(state)s::text IS NULL
                   OR CASE WHEN g.parked IS NULL THEN g.state ELSE 'failed' END = %(state)s)
              AND (%(teacher)s::text IS NULL OR {OWN_CLASS})
              AND (%(after)s::text IS NULL OR g.group_id > %(after)s)
            ORDER BY g.group_id LIMIT %(limit)s""",  # noqa: S608 - columns and condition are ours
        {
            "school": school,
            "authority": schools_of,
            "year": academic_year,
            "state": state,
            "teacher": teacher,
            "after": after,
            "limit": limit,
        },
    )
    return [(group_of(row[:-1]), row[-1]) for row in rows]


async def group(session: Session, group_id: str) -> Group | None:
    """One group, not locked."""
    row = await session.fetch_one(
        f"SELECT {GROUP_COLUMNS} FROM class_group g WHERE g.group_id = %s",  # noqa: S608
        (group_id,),
    )
    return None if row is None else group_of(row)


async def members(session: Session, group_id: str) -> list[dict[str, str]]:
    """Account ids with their roles; sign-in names are identity's to show."""
    rows = await session.fetch(
        """SELECT account_id, role FROM group_member WHERE group_id = %s
           ORDER BY role DESC, account_id""",
        (group_id,),
    )
    return [{"account_id": account_id, "role": role} for account_id, role in rows]
