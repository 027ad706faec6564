"""What each school's season has seen, in PostgreSQL: numbers, and who stopped claiming."""

from collections.abc import Iterable, Mapping

from hwb_mis_ingest.domain.season_guard import LetThrough, Roll, Season
from hwb_runtime.database import Session
from hwb_schemas.words import RecordKind

# OFFSET 0 keeps PostgreSQL from parsing a record again for every value that is taken from it, and
# has it look each learner up by the key: knowing nothing of a table that was just filled, it
# compared every learner of a school with every other.
_WHO_CLAIMS = """
    SELECT kind, code, coalesce(r ->> 'year_group', '') AS year_group,
           jsonb_array_length(r -> 'classes') AS places
    FROM (SELECT kind, code, record::jsonb AS r FROM published_record
          WHERE school = %(school)s AND state = 'on_roll' OFFSET 0) p
    WHERE kind = 'staff' OR r ->> 'enrolment_status' IN ('C', 'M')"""
_ROLL = "SELECT FROM season_roll WHERE school = %(school)s AND season = %(season)s"
_IN_NUMBERS = "kind, year_group, count(*)::int, coalesce(sum(places), 0)::int"


class SeasonTable:
    """Implements ``Seasons``."""

    async def roll(self, session: Session, school: str, season: str) -> Roll:
        rows = await session.fetch(
            f"""SELECT kind, year_group, people, places FROM season_roll
                WHERE school = %(school)s AND season = %(season)s
                UNION ALL
                SELECT {_IN_NUMBERS} FROM ({_WHO_CLAIMS}) w
                WHERE NOT EXISTS ({_ROLL}) GROUP BY kind, year_group""",  # noqa: S608 - constants
            {"school": school, "season": season},
        )
        learners = {group: people for kind, group, people, _ in rows if kind == "learner"}
        return Roll(
            learners=learners,
            staff=sum(people for kind, _, people, _ in rows if kind == "staff"),
            places=sum(places for kind, _, _, places in rows if kind == "learner"),
        )

    async def keep_roll(self, session: Session, school: str, season: Season) -> None:
        kept = await session.execute(
            f"""WITH w AS (SELECT * FROM ({_WHO_CLAIMS}) c WHERE NOT EXISTS ({_ROLL})),
                learners AS (
                    INSERT INTO season_learner (school, season, code, year_group)
                    SELECT %(school)s, %(season)s, code, year_group FROM w
                    WHERE kind = 'learner' AND EXISTS (
                        SELECT FROM run
                        WHERE run.school = %(school)s AND
                            (published_at AT TIME ZONE 'Europe/London')::date
                                < %(opened)s::date))
                INSERT INTO season_roll (school, season, kind, year_group, people, places)
                SELECT %(school)s, %(season)s, {_IN_NUMBERS} FROM w GROUP BY kind, year_group""",  # noqa: S608 - constants
            {
                "school": school,
                "season": season.name,
                "opened": season.opened,
            },
        )
        if kept and season.expects_leavers:
            await session.execute(
                "DELETE FROM season_learner WHERE school = %s AND season <> %s",
                (school, season.name),
            )

    async def look_at_end_of_year(
        self, session: Session, school: str, season: Season, top_year_groups: frozenset[str]
    ) -> None:
        if not season.expects_leavers:
            return
        await session.execute(
            """INSERT INTO end_of_year AS e
                   (school, season, below_top, moved_up, top_still_there)
               SELECT %(school)s, %(season)s,
                      count(*) FILTER (WHERE NOT is_top AND is_there),
                      count(*) FILTER (WHERE NOT is_top AND is_there AND moved),
                      count(*) FILTER (WHERE is_top AND is_there AND NOT moved)
               FROM (SELECT s.year_group = ANY(%(top)s) AS is_top,
                            p.state IN ('on_roll', 'missing') AS is_there,
                            p.record::jsonb ->> 'year_group' IS DISTINCT FROM s.year_group AS moved
                     FROM season_learner s
                     LEFT JOIN LATERAL (
                         SELECT state, record FROM published_record
                         WHERE (school, kind, code) = (s.school, 'learner', s.code) OFFSET 0) p
                         ON true
                     WHERE s.school = %(school)s AND s.season = %(season)s OFFSET 0) l
               ON CONFLICT (school, season) DO UPDATE SET
                   below_top = excluded.below_top, moved_up = excluded.moved_up,
                   top_still_there = excluded.top_still_there
               WHERE (e.below_top, e.moved_up, e.top_still_there) IS DISTINCT FROM
                   (excluded.below_top, excluded.moved_up, excluded.top_still_there)""",
            {"school": school, "season": season.name, "top": sorted(top_year_groups)},
        )

    async def let_through(self, session: Session, school: str, season: str) -> LetThrough:
        rows = await session.fetch(
            """SELECT kind, code, year_group, 0 FROM stopped_claiming
               WHERE school = %(school)s AND season = %(season)s
               UNION ALL
               SELECT '', '', '', places FROM lost_places
               WHERE school = %(school)s AND season = %(season)s""",
            {"school": school, "season": season},
        )
        return LetThrough(
            stopped={(RecordKind(kind), code): group for kind, code, group, _ in rows if kind},
            places=sum(places for *_, places in rows),
        )

    async def count(
        self,
        session: Session,
        school: str,
        season: str,
        *,
        stopped: Mapping[tuple[RecordKind, str], str],
        places: int,
    ) -> None:
        if stopped:
            await session.execute(
                """INSERT INTO stopped_claiming (school, kind, code, season, year_group)
                   SELECT %s, s.kind, s.code, %s, s.year_group
                   FROM unnest(%s::text[], %s::text[], %s::text[]) AS s (kind, code, year_group)
                   ON CONFLICT (school, kind, code) DO UPDATE
                   SET season = excluded.season, year_group = excluded.year_group""",
                (
                    school,
                    season,
                    [kind.value for kind, _ in stopped],
                    [code for _, code in stopped],
                    list(stopped.values()),
                ),
            )
        if places:
            await session.execute(
                """INSERT INTO lost_places AS l (school, season, places) VALUES (%s, %s, %s)
                   ON CONFLICT (school, season)
                       DO UPDATE SET places = l.places + excluded.places""",
                (school, season, places),
            )

    async def forget(
        self, session: Session, school: str, people: Iterable[tuple[RecordKind, str]]
    ) -> None:
        named = list(people)
        if named:
            await session.execute(
                """DELETE FROM stopped_claiming s
                   USING unnest(%s::text[], %s::text[]) AS p (kind, code)
                   WHERE s.school = %s AND s.kind = p.kind AND s.code = p.code""",
                ([kind.value for kind, _ in named], [code for _, code in named], school),
            )

    async def is_closing(self, session: Session, school: str) -> bool:
        row = await session.fetch_one(
            """SELECT FROM school_intake
               WHERE school = %s AND closing_approved_at IS NOT NULL""",
            (school,),
        )
        return row is not None
