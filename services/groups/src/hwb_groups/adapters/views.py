"""What the API shows: read-only queries, each one statement."""

from typing import Any

from hwb_groups.adapters.postgres import GROUP_COLUMNS, group_of
from hwb_groups.domain.group import Group
from hwb_runtime.database import Session

_OWN_CLASS = """(EXISTS (SELECT 1 FROM person p
                        WHERE p.account_id = %(teacher)s AND p.person_ref = ANY(c.teachers))
             OR EXISTS (SELECT 1 FROM class_group g JOIN group_member m USING (group_id)
                        WHERE g.class_key = c.class_key AND m.account_id = %(teacher)s
                          AND m.role = 'teacher'))"""


async def teaches(session: Session, *, account_id: str, class_key: str) -> bool:
    """Whether the class is (or at archiving was) this teacher's."""
    row = await session.fetch_one(
        f"SELECT {_OWN_CLASS} FROM class c WHERE c.class_key = %(class_key)s",  # noqa: S608
        {"teacher": account_id, "class_key": class_key},
    )
    return bool(row and row[0])


async def classes(
    session: Session,
    *,
    school: str,
    academic_year: str | None,
    year_group: str | None,
    teacher: str | None,
    group_type: str | None,
) -> list[dict[str, Any]]:
    """A school's classes, with their teachers' account ids and their groups."""
    rows = await session.fetch(
        f"""SELECT c.class_key, c.academic_year, c.class_code, c.title, c.year_group, c.state,
                   cardinality(c.members),
                   ARRAY(SELECT DISTINCT p.account_id FROM person p
                         WHERE p.person_ref = ANY(c.teachers) ORDER BY 1),
                   coalesce((SELECT jsonb_agg(jsonb_build_object(
                                'group_id', g.group_id, 'provider', g.provider,
                                'state', CASE WHEN g.parked IS NULL THEN g.state ELSE 'failed' END)
                                ORDER BY g.provider)
                             FROM class_group g WHERE g.class_key = c.class_key), '[]')
            FROM class c
            WHERE c.school = %(school)s
              AND (%(year)s::text IS NULL OR c.academic_year = %(year)s)
              AND (%(year_group)s::text IS NULL OR c.year_group = %(year_group)s)
              AND (%(provider)s::text IS NULL OR EXISTS (
                  SELECT 1 FROM class_group g
                  WHERE g.class_key = c.class_key AND g.provider = %(provider)s))
              AND (%(teacher)s::text IS NULL OR {_OWN_CLASS})
            ORDER BY c.academic_year DESC, c.class_code""",  # noqa: S608 - the condition is ours
        {
            "school": school,
            "year": academic_year,
            "year_group": year_group,
            "provider": group_type,
            "teacher": teacher,
        },
    )
    names = (
        "class_key",
        "academic_year",
        "class_code",
        "title",
        "year_group",
        "state",
        "learners",
        "teachers",
        "groups",
    )
    return [dict(zip(names, row, strict=True)) for row in rows]


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
              AND (%(teacher)s::text IS NULL OR {_OWN_CLASS})
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
