"""What the API shows of classes: read-only queries."""

from typing import Any

from hwb_runtime.database import Session

OWN_CLASS = """(EXISTS (SELECT 1 FROM person p
                        WHERE p.account_id = %(teacher)s AND p.person_ref = ANY(c.teachers))
             OR EXISTS (SELECT 1 FROM class_group g JOIN group_member m USING (group_id)
                        WHERE g.class_key = c.class_key AND m.account_id = %(teacher)s
                          AND m.role = 'teacher'))"""
"""Of a class ``c``: it is, or as its group keeps it was, the class of ``teacher``."""


_FILTERS = f"""c.school = %(school)s
              AND (%(year)s::text IS NULL OR c.academic_year = %(year)s)
              AND (%(year_group)s::text IS NULL OR c.year_group = %(year_group)s)
              AND (%(provider)s::text IS NULL OR EXISTS (
                  SELECT 1 FROM class_group g
                  WHERE g.class_key = c.class_key AND g.provider = %(provider)s))
              AND (%(teacher)s::text IS NULL OR {OWN_CLASS})"""  # noqa: S608 - no value is in it


async def teaches(session: Session, *, account_id: str, class_key: str) -> bool:
    """Whether the class is (or at archiving was) this teacher's."""
    row = await session.fetch_one(
        f"SELECT {OWN_CLASS} FROM class c WHERE c.class_key = %(class_key)s",  # noqa: S608
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
    return await _shown(
        session,
        _FILTERS,
        {
            "school": school,
            "year": academic_year,
            "year_group": year_group,
            "provider": group_type,
            "teacher": teacher,
        },
    )


async def page(session: Session, *, school: str, class_key: str) -> dict[str, Any] | None:
    """One class of a school, with its learners; None where it has no such class."""
    found = await _shown(
        session,
        "c.school = %(school)s AND c.class_key = %(class_key)s",
        {"school": school, "class_key": class_key},
    )
    if not found:
        return None
    rows = await session.fetch(
        """WITH kept AS (
               SELECT group_id FROM class_group
               WHERE class_key = %(class_key)s AND (wish <> 'present' OR state = 'frozen')
           ), listed AS (
               SELECT ref, p.account_id
               FROM class c, unnest(c.members) AS ref LEFT JOIN person p ON p.person_ref = ref
               WHERE c.class_key = %(class_key)s AND NOT EXISTS (SELECT 1 FROM kept)
               UNION
               SELECT m.account_id, m.account_id FROM group_member m JOIN kept USING (group_id)
               WHERE m.role = 'learner'
           )
           SELECT EXISTS (SELECT 1 FROM kept), one.ref, a.account_id,
                  a.status = 'active' AND (a.home_school = %(school)s
                                           OR %(school)s = ANY(a.other_schools))
           FROM (VALUES (1)) AS always
           LEFT JOIN (SELECT DISTINCT ON (coalesce(account_id, ref)) account_id, ref
                      FROM listed) AS one ON true
           LEFT JOIN account a USING (account_id)
           ORDER BY a.account_id""",
        {"school": school, "class_key": class_key},
    )
    listed = [row for row in rows if row[1] is not None]
    there = [(account_id, here) for _, _, account_id, here in listed if account_id is not None]
    return {
        **found[0],
        "learner_accounts": [{"account_id": one, "still_here": bool(here)} for one, here in there],
        "without_account": len(listed) - len(there),
        "as_kept": rows[0][0],
    }


async def _shown(session: Session, conditions: str, values: dict[str, Any]) -> list[dict[str, Any]]:
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
            WHERE {conditions}
            ORDER BY c.academic_year DESC, c.class_code""",  # noqa: S608 - conditions are ours
        values,
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
