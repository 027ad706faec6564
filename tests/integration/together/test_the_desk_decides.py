"""From the case to the decision: identity and mis-ingest do what the Service Desk decides."""

from datetime import date
from typing import TYPE_CHECKING, Any

from tests.integration.together.conftest import PRIMARY, SECONDARY
from tests.support.school_export import SCHOOL, Export, said, small_school

if TYPE_CHECKING:
    from tests.integration.together.conftest import Together

HELD = f"mis-ingest/run_held/{SCHOOL}"
REASON = "Both schools agree"


def half_an_export(*, left: bool) -> Export:
    """Forty learners of whom fifteen below the top leave at once."""
    export = Export()
    export.school_class("7A")
    export.teacher("MLL", classes=["7A"])
    for serial in range(1, 41):
        leaving = {"metadata_leavingDate": "2022-05-02"} if left and serial <= 15 else {}
        export.learner(serial, classes=["7A"], grades="7", **leaving)
    return export


async def case_of(together: "Together", case_key: str) -> Any:
    return await together.get("notifier", f"/v1/cases/{case_key}", token="desk")


async def decide(
    together: "Together",
    case_key: str,
    decision: str,
    *,
    seen: str,
    token: str = "desk",
    **more: Any,
) -> Any:
    body = {"decision": decision, "reason": REASON, **more}
    address = f"/v1/cases/{case_key}/decide"
    answer = await together.ask("notifier", address, body, token=token, if_match=seen)
    await together.carry()
    return answer


async def held_run(together: "Together") -> str:
    """A held run's digest, in quotation marks, as the case says where to see it."""
    await together.run(half_an_export(left=False).zip())
    run = await together.run(half_an_export(left=True).zip())
    assert run["counts"]["held"] == 15
    case = await case_of(together, HELD)
    assert (case["state"], case["to_decide"]["owner"]) == ("open", "mis-ingest")
    assert case["to_decide"]["choices"] == ["approve", "discard"]
    seen = await together.get("mis-ingest", case["to_decide"]["see"], token="desk")
    return f'"{seen["digest"]}"'


async def test_a_held_run_is_approved_and_its_case_resolved(together: "Together") -> None:
    seen = await held_run(together)
    stale = await decide(together, HELD, "approve", seen=f'"{"0" * 64}"')
    assert (stale.status_code, stale.json()["code"]) == (409, "other_list")

    answer = await decide(together, HELD, "approve", seen=seen)

    assert answer.status_code == 200, answer.text
    assert answer.json()["answer"]["changes"] == 15
    case = await case_of(together, HELD)
    assert (case["state"], case["to_decide"]) == ("resolved", None)
    assert [(one["what"], one["value"], one["reason"]) for one in case["steps"]] == [
        ("decided", "approve", REASON)
    ]


async def test_a_held_run_is_discarded_by_an_operator(together: "Together") -> None:
    seen = await held_run(together)
    answer = await decide(together, HELD, "discard", seen=seen, token="operator")

    assert answer.status_code == 200, answer.text
    assert (await case_of(together, HELD))["state"] == "resolved"
    again = await decide(together, HELD, "approve", seen=seen)
    assert (again.status_code, again.json()["code"]) == (409, "nothing_to_decide"), again.text


async def transfer(together: "Together") -> str:
    """The key of a request to keep the account that a member of staff had before."""
    left = small_school(school=PRIMARY)
    left.teacher("OLD", metadata_leavingDate="2022-05-02")
    new = Export()
    new.school_class("7A")
    new.learner(50, classes=["7A"])
    new.teacher("NEW")
    await together.run(left.zip(), school=PRIMARY)
    run = await together.run(new.zip())
    assert said(run) > 0
    wanted = {
        "school": SECONDARY,
        "staff_code": "NEW",
        "previous_school": PRIMARY,
        "previous_staff_code": "OLD",
    }
    asked = await together.post("identity", "/v1/staff-transfers", wanted)
    await together.carry()
    return str(asked["case_key"])


async def test_a_transfer_is_refused_by_the_desk_and_by_nobody_else(together: "Together") -> None:
    case_key = await transfer(together)
    see = (await case_of(together, case_key))["to_decide"]["see"]
    seen = (await together.get("identity", see, token="desk"))["etag"]
    operator = await decide(together, case_key, "refuse", seen=seen, token="operator")
    assert (operator.status_code, operator.json()["code"]) == (403, "role_not_allowed")

    answer = await decide(together, case_key, "refuse", seen=seen)

    assert answer.status_code == 200, answer.text
    assert answer.json()["answer"]["state"] == "refused"
    assert (await case_of(together, case_key))["state"] == "resolved"
    again = await decide(together, case_key, "approve", seen=seen)
    assert (again.status_code, again.json()["code"]) == (409, "transfer_decided")


async def test_while_identity_is_away_nothing_is_decided(together: "Together") -> None:
    case_key = await transfer(together)
    together.move_to(date(2022, 5, 10))
    see = (await case_of(together, case_key))["to_decide"]["see"]
    seen = (await together.get("identity", see, token="desk"))["etag"]
    together.reach["identity"].is_cut = True
    lost = await decide(together, case_key, "refuse", seen=seen)
    assert (lost.status_code, lost.json()["code"]) == (503, "owner_away")
    together.reach["identity"].is_cut = False

    assert (await case_of(together, case_key))["state"] == "open"
    assert (await decide(together, case_key, "refuse", seen=seen)).status_code == 200
