"""What a diagnosis looks at, read without a lock: it changes nothing."""

from hwb_identity.adapters.rows import SELECTED, person_of
from hwb_identity.domain.diagnosis import HeardOfRun, KeptBackRow, LastRun, SchoolRuns
from hwb_identity.domain.person import Person
from hwb_runtime.clock import civil_date
from hwb_runtime.database import Session
from hwb_schemas.words import RecordState, RunChange


class DiagnosisReader:
    """The facts of one transaction."""

    def __init__(self, session: Session) -> None:
        self._session = session

    async def person(self, key: str) -> Person | None:
        """The person of this key, a link followed."""
        row = await self._session.fetch_one(
            f"""SELECT {SELECTED} FROM person WHERE key = coalesce(
                    (SELECT held_by FROM person WHERE key = %s), %s)""",  # noqa: S608
            (key, key),
        )
        return person_of(row) if row else None

    async def kept_back(self, key: str, school: str, *, since: int) -> KeptBackRow | None:
        """The school's newest row about this key, from a run on, if it was rejected or held."""
        row = await self._session.fetch_one(
            """SELECT state, reasons FROM kept_back
               WHERE key = %s AND school = %s AND run_seq >= %s
                 AND state IN ('rejected', 'held')""",
            (key, school, since),
        )
        return KeptBackRow(RecordState(row[0]), tuple(row[1].split())) if row else None

    async def runs(self, school: str) -> SchoolRuns:
        """What is known of a school's runs."""
        last = await self._session.fetch_one(
            """SELECT published_at, rejected, held FROM run
               WHERE school = %s AND settled_at IS NOT NULL ORDER BY run_seq DESC LIMIT 1""",
            (school,),
        )
        newest = await self._session.fetch_one(
            """SELECT h.change, h.run_seq, h.heard_at, r.settled_at IS NOT NULL
               FROM run_heard h LEFT JOIN run r USING (run_id) WHERE h.school = %s""",
            (school,),
        )
        return SchoolRuns(
            last=LastRun(civil_date(last[0]), last[1], last[2]) if last else None,
            newest=HeardOfRun(
                RunChange(newest[0]), newest[1], bool(newest[3]), civil_date(newest[2])
            )
            if newest
            else None,
        )

    async def password(self, account_id: str) -> str | None:
        """``visible``, ``hidden``, or None where none was made."""
        row = await self._session.fetch_one(
            "SELECT sealed IS NOT NULL FROM password WHERE account_id = %s", (account_id,)
        )
        return None if row is None else ("visible" if row[0] else "hidden")

    async def is_in_doubt(self, key: str, school: str) -> bool:
        """Whether a former UPN that this school stated of this person waits for the decision."""
        row = await self._session.fetch_one(
            """SELECT FROM doubt WHERE state = 'open' AND school = %s AND other_key IS NOT NULL
                 AND %s IN (key, other_key)""",
            (school, key),
        )
        return row is not None

    async def years_of_classes(self, school: str) -> dict[str, int]:
        """How many places in classes of each academic year the school's accounts have."""
        rows = await self._session.fetch(
            """SELECT split_part(one, '/', 2), count(*)::int FROM person, unnest(classes) AS one
               WHERE account_id IS NOT NULL AND coalesce(home_school, released_from) = %s
                 AND home_school IS NOT NULL GROUP BY 1""",
            (school,),
        )
        return {row[0]: row[1] for row in rows}
