"""The notifier API answers every role, on seeded data, as its OpenAPI document says."""

from collections.abc import AsyncIterator

import pytest
from tests.support.access import everybody
from tests.support.documented import DocumentedApi, Reach
from tests.support.who_may import OF_NOTIFIER

from hwb_notifier.bootstrap import SERVICE, record_cases
from hwb_notifier.entrypoints.worker import cases_subscription
from hwb_runtime.platform import Platform
from hwb_runtime.testing import KnownTokens, drive
from hwb_schemas.events import CaseChanged
from hwb_schemas.words import CaseChange, CaseKind

HERE, ELSEWHERE = "6781234", "6601111"


@pytest.fixture
async def api(platform: Platform) -> AsyncIterator[DocumentedApi]:
    assert isinstance(platform.callers, KnownTokens)
    platform.callers.by_token |= everybody(here=HERE, elsewhere=ELSEWHERE)
    api = DocumentedApi(SERVICE.api(platform), OF_NOTIFIER)
    yield api
    await api.aclose()


def raised(platform: Platform, kind: CaseKind, school: str | None) -> tuple[str, CaseChanged]:
    key = f"owner/{kind}/{school}"
    return key, CaseChanged(
        change=CaseChange.RAISED,
        case_key=key,
        kind=kind,
        school=school,
        facts={"rows": "3"},
        raised_by="owner",
        changed_at=platform.clock.now(),
    )


async def reaches_of(platform: Platform) -> dict[str, Reach]:
    """Cases here, elsewhere and of no school, and how each operation succeeds."""
    kind = CaseKind.REJECTED_ROWS
    cases = [
        raised(platform, kind, HERE),
        raised(platform, kind, ELSEWHERE),
        raised(platform, CaseKind.EVENTS_PARKED, None),
    ]
    await drive(platform, cases_subscription(record_cases(platform)), cases)
    return {
        "GET /v1/cases": Reach("service_desk", query={"school": HERE, "kind": kind.value}),
        "GET /v1/cases/{case_key:path}": Reach(
            "service_desk", path={"case_key": f"owner/{kind}/{HERE}"}
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
