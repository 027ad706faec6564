"""What each school's season has seen, in PostgreSQL: numbers, and who stopped claiming."""

from collections.abc import Iterable, Mapping

from hwb_mis_ingest.domain.season_guard import LetThrough, Roll, Season
from hwb_runtime.database import Session
from hwb_schemas.words import RecordKind

_WHO_CLAIMS = """
    SELECT p.kind, coalesce(p.r ->> 'year_group', '') AS year_group, count(*)::int AS people,
           coalesce(sum(jsonb_array_length(p.r -> 'classes')), 0)::int AS places
    FROM (SELECT kind, record::jsonb AS r FROM published_record
          WHERE school = %(school)s AND state = 'on_roll') p
    WHERE p.kind = 'staff' OR p.r ->> 'enrolment_status' IN ('C', 'M')
    GROUP BY 1, 2"""


class SeasonTable:
    """Implements ``Seasons``."""

    async def roll(self, session: Session, school: str, season: str) -> Roll:
        rows = await session.fetch(
            """SELECT kind, year_group, people, places FROM season_roll
               WHERE school = %s AND season = %s""",
            (school, season),
        )
        if not rows:
            rows = await session.fetch(_WHO_CLAIMS, {"school": school})
        learners = {group: people for kind, group, people, _ in rows if kind == "learner"}
        return Roll(
            learners=learners,
            staff=sum(people for kind, _, people, _ in rows if kind == "staff"),
            places=sum(places for kind, _, _, places in rows if kind == "learner"),
        )

    async def keep_roll(self, session: Session, school: str, season: Season) -> None:
        kept = await session.execute(
            f"""INSERT INTO season_roll (school, season, kind, year_group, people, places)
                SELECT %(school)s, %(season)s, w.* FROM ({_WHO_CLAIMS}) w
                WHERE NOT EXISTS (SELECT FROM season_roll
                                  WHERE school = %(school)s AND season = %(season)s)""",  # noqa: S608 - a constant
            {"school": school, "season": season.name},
        )
        if kept and season.expects_leavers:
            await session.execute("DELETE FROM season_learner WHERE school = %s", (school,))
            await session.execute(
                """INSERT INTO season_learner (school, season, code, year_group)
                   SELECT school, %s, code, coalesce(record::jsonb ->> 'year_group', '')
                   FROM published_record
                   WHERE school = %s AND kind = 'learner' AND state = 'on_roll'
                     AND record::jsonb ->> 'enrolment_status' IN ('C', 'M')""",
                (season.name, school),
            )

    async def look_at_end_of_year(
        self, session: Session, school: str, season: Season, top_year_groups: frozenset[str]
    ) -> None:
        if not season.expects_leavers:
            return
        await session.execute(
            """INSERT INTO end_of_year
                   (school, season, below_top, moved_up, top_still_there)
               SELECT %(school)s, %(season)s,
                      count(*) FILTER (WHERE NOT is_top),
                      count(*) FILTER (WHERE NOT is_top AND is_there AND moved),
                      count(*) FILTER (WHERE is_top AND is_there AND NOT moved)
               FROM (SELECT s.year_group = ANY(%(top)s) AS is_top,
                            p.state IN ('on_roll', 'missing') AS is_there,
                            p.record::jsonb ->> 'year_group' IS DISTINCT FROM s.year_group AS moved
                     FROM season_learner s
                     LEFT JOIN published_record p
                         ON (p.school, p.kind, p.code) = (s.school, 'learner', s.code)
                     WHERE s.school = %(school)s AND s.season = %(season)s) l
               ON CONFLICT (school, season) DO UPDATE SET
                   below_top = excluded.below_top, moved_up = excluded.moved_up,
                   top_still_there = excluded.top_still_there""",
            {"school": school, "season": season.name, "top": sorted(top_year_groups)},
        )

    async def let_through(self, session: Session, school: str, season: str) -> LetThrough:
        stopped = await session.fetch(
            """SELECT kind, code, year_group FROM stopped_claiming
               WHERE school = %s AND season = %s""",
            (school, season),
        )
        places = await session.fetch_one(
            "SELECT places FROM lost_places WHERE school = %s AND season = %s", (school, season)
        )
        return LetThrough(
            stopped={(RecordKind(kind), code): group for kind, code, group in stopped},
            places=places[0] if places else 0,
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
