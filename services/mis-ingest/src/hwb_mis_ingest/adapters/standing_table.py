"""How far each school is, read from PostgreSQL."""

from collections.abc import Mapping, Sequence

from hwb_mis_ingest.domain.standing import EndOfYearWork, Standing
from hwb_runtime.clock import civil_date
from hwb_runtime.database import Session

_STANDINGS = """
SELECT s.school, r.received_at, e.below_top, e.moved_up, e.top_still_there,
       EXISTS (SELECT FROM run WHERE run.school = s.school AND hold = 'open'),
       i.school IS NOT NULL AND NOT EXISTS (
           SELECT FROM published_record p
           WHERE p.school = s.school AND p.state IN ('on_roll', 'missing'))
FROM unnest(%(schools)s::text[]) AS s (school)
LEFT JOIN LATERAL (
    SELECT received_at FROM run
    WHERE run.school = s.school AND status = 'settled' AND of_run IS NULL
      AND rolled_back_by IS NULL
    ORDER BY run_seq DESC LIMIT 1) r ON true
LEFT JOIN end_of_year e ON e.school = s.school AND e.season = %(season)s
LEFT JOIN school_intake i ON i.school = s.school AND i.closing_approved_at IS NOT NULL
"""


class StandingTable:
    """Implements ``Standings``."""

    async def standings(
        self, session: Session, schools: Sequence[str], season: str
    ) -> Mapping[str, Standing]:
        rows = await session.fetch(_STANDINGS, {"schools": list(schools), "season": season})
        return {
            school: Standing(
                last_run=None if received_at is None else civil_date(received_at),
                work=None if work[0] is None else EndOfYearWork(*work),
                is_held=is_held,
                has_closed=has_closed,
            )
            for school, received_at, *work, is_held, has_closed in rows
        }
