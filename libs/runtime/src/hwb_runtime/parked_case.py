"""The case by which people learn that events are parked: one open case per service and topic."""

from hwb_runtime.cases import tell_case
from hwb_runtime.unit_of_work import UnitOfWork
from hwb_schemas.words import CaseChange, CaseKind


async def tell_of_parked(uow: UnitOfWork, *, service: str, topic: str) -> None:
    """Raise the case when the first event of a topic was parked in this transaction."""
    if await _parked(uow, topic) == 1:
        _publish(uow, CaseChange.RAISED, service=service, topic=topic, parked=1)


async def tell_of_emptied(uow: UnitOfWork, *, service: str, topic: str) -> None:
    """Resolve the case when the last parked event of a topic was applied in this transaction."""
    if await _parked(uow, topic) == 0:
        _publish(uow, CaseChange.RESOLVED, service=service, topic=topic, parked=0)


async def _parked(uow: UnitOfWork, topic: str) -> int:
    row = await uow.session.fetch_one("SELECT count(*) FROM parked WHERE topic = %s", (topic,))
    return int(row[0]) if row else 0


def _publish(uow: UnitOfWork, change: CaseChange, *, service: str, topic: str, parked: int) -> None:
    tell_case(
        uow,
        change,
        case_key=f"{service}/events_parked/{topic}",
        kind=CaseKind.EVENTS_PARKED,
        school=None,
        facts={"topic": topic, "parked": str(parked)},
        raised_by=service,
    )
