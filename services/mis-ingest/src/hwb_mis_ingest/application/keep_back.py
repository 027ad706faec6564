"""Find what a run says anew of rows that are kept back, and of whom that is over."""

from collections.abc import Collection, Sequence

import orjson

from hwb_mis_ingest.application.ports import KeptBackToSay, Records, RecordToKeep
from hwb_mis_ingest.application.publication import KeptBackNews
from hwb_mis_ingest.application.wording import digest_of
from hwb_mis_ingest.domain.difference import Published
from hwb_mis_ingest.domain.kept_back import KeptBack, PersonKey, never_there, taken_back
from hwb_runtime.database import Session
from hwb_schemas.words import RecordState


async def kept_back_news(
    session: Session,
    records: Records,
    school: str,
    *,
    now: Sequence[KeptBack],
    said: Sequence[PersonKey],
    mentioned: Collection[PersonKey] | None,
) -> KeptBackNews:
    """What is new of rows kept back ``now``; ``said`` are people of whom the run says a word.

    ``mentioned`` are the people of good rows of a partial upload, None where it is whole. The same
    rows kept back once more are nothing new.
    """
    before = await records.kept_back(session, school)
    if not now and not before:
        return KeptBackNews()
    rows = []
    for one in now:
        row, last = _to_say(one), before.get(one.key)
        if last is None or last.digest != row.digest:
            rows.append(row)
    states = {key: last.state for key, last in before.items()}
    over = taken_back(states, (one.key for one in now), mentioned=mentioned)
    return KeptBackNews(rows, await _again(session, records, school, over, set(said)), over)


async def held_no_longer(
    session: Session, records: Records, school: str, *, said: Collection[PersonKey]
) -> KeptBackNews:
    """That no row of the school is held: whoever decides has undone the run that held them.

    ``said`` are people of whom the decision says a word; a row of theirs that is still rejected is
    said again by the next upload.
    """
    spoken = set(said)
    before = await records.kept_back(session, school)
    over = sorted(
        key for key, last in before.items() if last.state is RecordState.HELD or key in spoken
    )
    return KeptBackNews((), await _again(session, records, school, over, spoken), over)


async def _again(
    session: Session,
    records: Records,
    school: str,
    over: Sequence[PersonKey],
    said: Collection[PersonKey],
) -> list[RecordToKeep]:
    """Those of whom nothing else is said, as they were published: so diagnosis hears it is over."""
    silent = [key for key in over if key not in said]
    if not silent:
        return []
    found = {(one.kind, one.code): one for one in await records.published(session, school, silent)}
    return [_as_published(key, found.get(key)) for key in silent]


def _to_say(one: KeptBack) -> KeptBackToSay:
    body = orjson.dumps(one.record)
    digest = digest_of(orjson.dumps([one.state, one.reasons]) + body)
    return KeptBackToSay(one.kind.value, one.code, one.state.value, one.reasons, digest, body)


def _as_published(key: PersonKey, published: Published | None) -> RecordToKeep:
    kind, code = key
    state = published.state if published else RecordState.WITHDRAWN
    record = published.record if published else never_there(kind, code)
    return RecordToKeep(kind.value, code, state.value, "", "", None, orjson.dumps(record))
