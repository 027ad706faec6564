"""The notifier API answers every role, on seeded data, as its OpenAPI document says."""

from collections.abc import AsyncIterator
from typing import Any

import pytest
from tests.support.access import everybody
from tests.support.documented import DocumentedApi, Reach
from tests.support.who_may import OF_NOTIFIER

from hwb_notifier.bootstrap import api_beside, record_cases, send_mails
from hwb_notifier.domain.decision import OwnersCommand
from hwb_notifier.entrypoints.worker import cases_subscription
from hwb_runtime.platform import Platform
from hwb_runtime.testing import KnownTokens, drive
from hwb_schemas.events import CaseChanged
from hwb_schemas.words import CaseChange, CaseKind

HERE, ELSEWHERE = "6781234", "6601111"
DIGEST = "0" * 64
SEEN = {"If-Match": '"1"'}
WHY = {"reason": "Because it is so"}


class WillingOwners:
    """Carry out whatever is decided."""

    async def carry_out(self, command: OwnersCommand, *, key: str, token: str) -> dict[str, Any]:
        assert token.startswith("Bearer ")
        return {"done": command.address, "by": key}


@pytest.fixture
async def api(platform: Platform) -> AsyncIterator[DocumentedApi]:
    assert isinstance(platform.callers, KnownTokens)
    platform.callers.by_token |= everybody(here=HERE, elsewhere=ELSEWHERE)
    api = DocumentedApi(api_beside(platform, WillingOwners()), OF_NOTIFIER)
    yield api
    await api.aclose()


def raised(platform: Platform, kind: CaseKind, school: str | None) -> tuple[str, CaseChanged]:
    key = f"owner/{kind}/{school}"
    return key, CaseChanged(
        change=CaseChange.RAISED,
        case_key=key,
        kind=kind,
        school=school,
        facts={"rows": "3", "run_id": "0b9f6f0e-5a55-4a4c-8f0e-2f6d3b1e7c11"},
        raised_by="owner",
        changed_at=platform.clock.now(),
    )


async def reaches_of(platform: Platform) -> dict[str, Reach]:
    """Cases here, elsewhere and of no school, and how each operation succeeds."""
    kind = CaseKind.REJECTED_ROWS
    cases = [
        raised(platform, kind, HERE),
        raised(platform, kind, ELSEWHERE),
        raised(platform, CaseKind.RECORD_MISSING, HERE),
        raised(platform, CaseKind.RUN_HELD, HERE),
        raised(platform, CaseKind.EVENTS_PARKED, None),
    ]
    await drive(platform, cases_subscription(record_cases(platform)), cases)
    await send_mails(platform).run_once()
    async with platform.database.transaction() as session:
        sent = await session.fetch_one("SELECT message_id FROM mail WHERE state = 'sent'")
    assert sent is not None
    return {
        "POST /v1/bounces": Reach("service", body={"message_id": sent[0], "status": "5.1.1"}),
        "GET /v1/cases": Reach("service_desk", query={"school": HERE, "kind": kind.value}),
        "GET /v1/cases/{case_key:path}": Reach(
            "service_desk", path={"case_key": f"owner/{kind}/{HERE}"}
        ),
        "POST /v1/cases/{case_key:path}/comment": Reach(
            "service_desk", path={"case_key": f"owner/{kind}/{HERE}"}, body={"text": "Rang them"}
        ),
        "POST /v1/cases/{case_key:path}/assign": Reach(
            "operator",
            path={"case_key": f"owner/{kind}/{HERE}"},
            headers=SEEN,
            body={"to": "somebody else", **WHY},
        ),
        "POST /v1/cases/{case_key:path}/resolve": Reach(
            "service_desk",
            path={"case_key": f"owner/record_missing/{HERE}"},
            headers=SEEN,
            body=WHY,
        ),
        "POST /v1/cases/{case_key:path}/decide": Reach(
            "service_desk",
            path={"case_key": f"owner/run_held/{HERE}"},
            headers={"If-Match": f'"{DIGEST}"'},
            body={"decision": "discard", **WHY},
        ),
    }


async def test_every_operation_succeeds_for_those_who_may(
    platform: Platform, api: DocumentedApi
) -> None:
    unreached = await api.unreached(await reaches_of(platform))
    assert not unreached, "\n".join(unreached)


async def test_whatever_is_sent_the_answer_is_documented(
    platform: Platform, api: DocumentedApi
) -> None:
    faults = await api.faults(await reaches_of(platform))
    assert not faults, "\n\n".join(faults)
