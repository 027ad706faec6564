"""A preview says what the run then does, down to accounts and groups, and does nothing."""

import asyncio
from datetime import date
from typing import TYPE_CHECKING, Any

from tests.support.school_export import Export, upn

from hwb_schemas.upn import check_letter

if TYPE_CHECKING:
    from tests.integration.together.conftest import Together

PRIMARY, SECONDARY = "6602001", "6604027"
ACCOUNTS = """SELECT enrolments -> -1 ->> 10, status, home_school, year_group, classes, version
              FROM person WHERE account_id IS NOT NULL"""
STATE = {
    "identity": """SELECT (SELECT jsonb_agg(p ORDER BY key) FROM person p),
                          (SELECT count(*) FROM account_history), (SELECT count(*) FROM outbox),
                          (SELECT jsonb_agg(s ORDER BY stem, lane) FROM sign_in_stem s)""",
    "groups": """SELECT (SELECT jsonb_agg(m ORDER BY group_id, account_id) FROM group_member m),
                        (SELECT jsonb_agg(a ORDER BY account_id) FROM account a),
                        (SELECT jsonb_agg(c ORDER BY class_key) FROM class c),
                        (SELECT jsonb_agg(g ORDER BY group_id) FROM class_group g),
                        (SELECT count(*) FROM operation)""",
}


def secondary(
    *, serials: range = range(1, 6), year: str = "7", **changes: dict[str, str]
) -> Export:
    """A small secondary school; ``changes`` are by learner, ``L1=``."""
    export = Export(SECONDARY)
    export.school_class("7A")
    export.school_class("7B")
    for serial in serials:
        export.learner(serial, classes=["7A"], **{"grades": year, **changes.get(f"L{serial}", {})})
    export.teacher("MLL", classes=["7A"])
    return export


def primary(*, left: bool = False) -> Export:
    export = Export(PRIMARY)
    export.school_class("6A", grades="6")
    leaving = {"metadata_leavingDate": "2022-05-05"} if left else {}
    for serial in (21, 22):
        export.learner(serial, classes=["6A"], grades="6", **leaving)
    export.teacher("SLO", classes=["6A"])
    return export


async def preview(
    together: "Together", data: bytes, *, school: str = SECONDARY, token: str = "manager"
) -> dict[str, Any]:
    answer = await together.http["mis-ingest"].post(
        f"/v1/schools/{school}/preview",
        content=data,
        headers={"Authorization": f"Bearer {token}"},
    )
    assert answer.status_code == 200, answer.text
    shown: dict[str, Any] = answer.json()
    return shown


async def state(together: "Together") -> list[Any]:
    return [await together.rows(service, sql) for service, sql in STATE.items()]


async def make_group(together: "Together", code: str = "7A") -> str:
    body = {"class_key": f"{SECONDARY}/2021-22/{code}", "provider": "teams"}
    made = await together.post("groups", "/v1/groups", body)
    group_id: str = made["group_id"]
    return group_id


async def accounts(together: "Together") -> dict[str, tuple[Any, ...]]:
    """Surname (each person has one of his or her own) to what is known of the account."""
    return {row[0]: tuple(row[1:]) for row in await together.rows("identity", ACCOUNTS)}


async def changes_since(together: "Together", versions: dict[str, int]) -> list[tuple[Any, ...]]:
    rows = await together.rows(
        "identity",
        """SELECT p.enrolments -> -1 ->> 10, h.change, h.version, h.account ->> 'status',
                  h.account ->> 'home_school', h.account ->> 'year_group'
           FROM account_history h JOIN person p USING (account_id)""",
    )
    return sorted(
        tuple(row[:2]) + tuple(row[3:]) for row in rows if row[2] > versions.get(row[0], 0)
    )


def foreseen(shown: dict[str, Any], school: str = SECONDARY) -> list[tuple[Any, ...]]:
    homes = {"here": school, "nowhere": None}
    return sorted(
        (
            one["who"]["surname"],
            one["change"],
            one["status"],
            homes[one["home"]],
            one["year_group"],
        )
        for one in shown["accounts"]["changes"]
    )


async def compare(together: "Together", export: Export) -> dict[str, Any]:
    """Preview, then run; both must say the same, and the preview must have done nothing."""
    before, quiet = await accounts(together), await state(together)
    shown = await preview(together, export.zip())
    assert await state(together) == quiet, "the preview did something"
    members = await members_of(together)
    run = await together.run(export.zip())
    assert shown["counts"] == run["counts"]
    happened = await changes_since(together, {name: row[-1] for name, row in before.items()})
    assert foreseen(shown) == happened
    now = await members_of(together)
    assert foreseen_members(shown, members, await names(together)) == now
    return shown


async def members_of(together: "Together") -> set[tuple[str, str, str]]:
    """Group, account (or surname where that is new to the preview), role."""
    rows = await together.rows(
        "groups", "SELECT group_id::text, account_id::text, role FROM group_member"
    )
    known = await names(together)
    return {(group_id, known[account_id], role) for group_id, account_id, role in rows}


async def names(together: "Together") -> dict[str, str]:
    """Surnames by account id."""
    return dict(
        await together.rows(
            "identity",
            """SELECT account_id::text, enrolments -> -1 ->> 10 FROM person
               WHERE account_id IS NOT NULL""",
        )
    )


def foreseen_members(
    shown: dict[str, Any], members: set[tuple[str, str, str]], known: dict[str, str]
) -> set[tuple[str, str, str]]:
    now = set(members)
    assert shown["groups"]["known"]
    for group in shown["groups"]["changes"]:
        for member in group["members"]:
            who = member["who"]["surname"] if member["who"] else known[member["account_id"]]
            now = {one for one in now if one[:2] != (group["group_id"], who)}
            if member["role"] is not None:
                now.add((group["group_id"], who, member["role"]))
    return now


async def test_a_preview_of_a_run_of_everything_is_what_the_run_then_does(
    together: "Together",
) -> None:
    first = await compare(together, secondary())
    assert first["accounts"]["counts"] == {"created": 6}
    await together.run(primary().zip(), school=PRIMARY)
    await together.run(primary(left=True).zip(), school=PRIMARY)
    group_id = await make_group(together)

    export = secondary(
        serials=range(1, 5),
        L1={"grades": "8"},
        L2={"metadata_leavingDate": "2022-05-06"},
        L3={"metadata_enrolmentStatus": "S"},
    )
    export.learner(21, classes=["7A"])
    export.learner(31, classes=["7A"], identifier=upn(31), metadata_formerUpn=upn(4))
    export.without("users", "L4")
    export.teacher("NEW", classes=["7A"], familyName="Newydd")
    shown = await compare(together, export)
    counts = shown["accounts"]["counts"]
    assert counts["matched"] == 1, "whom the primary school released"
    assert counts["released"] >= 1
    assert counts["rolled_over"] == 1
    assert counts["created"] == 2
    (group,) = shown["groups"]["changes"]
    assert group["group_id"] == group_id
    assert {
        (member["who"]["surname"], member["role"]) for member in group["members"] if member["who"]
    } >= {("Parry 2", None), ("Parry 21", "learner"), ("Newydd", "teacher")}
    again = await compare(together, export)
    assert (again["accounts"]["changes"], again["groups"]["changes"]) == ([], [])


async def test_who_would_wait_for_another_school_is_named_and_the_school_is_not(
    together: "Together",
) -> None:
    await together.run(primary().zip(), school=PRIMARY)
    together.move_to(date(2022, 8, 17))
    export = secondary()
    export.learner(21, classes=["7A"])
    answer = await together.http["mis-ingest"].post(
        f"/v1/schools/{SECONDARY}/preview",
        content=export.zip(),
        headers={"Authorization": "Bearer manager"},
    )
    assert PRIMARY not in answer.text
    shown = answer.json()
    assert [who["surname"] for who in shown["accounts"]["pending"]] == ["Parry 21"]
    run = await together.run(export.zip())
    assert run["settled"]["pending"] == 1


async def test_of_an_account_that_goes_to_another_school_a_school_reads_that_it_is_elsewhere(
    together: "Together",
) -> None:
    await together.run(primary().zip(), school=PRIMARY)
    export = secondary()
    export.learner(21, classes=["7A"])
    await together.run(export.zip())
    data = primary(left=True).zip()
    shown = await preview(together, data, school=PRIMARY, token="primary-champion")
    assert SECONDARY not in str(shown)
    (one,) = [c for c in shown["accounts"]["changes"] if c["who"]["surname"] == "Parry 21"]
    assert (one["change"], one["home"], one["year_group"]) == ("matched", "elsewhere", None)
    body = {
        "school": PRIMARY,
        "words": [
            {
                "kind": "learner",
                "school": PRIMARY,
                "run_id": "x",
                "run_seq": 99,
                "state": "left",
                "received_at": "2022-05-09T08:00:00Z",
                "record": {
                    "upn": upn(21),
                    "surname": "Parry 21",
                    "forename": "Gwen",
                    "leaving_date": "2022-05-05",
                },
            }
        ],
    }
    own = await together.post("identity", "/v1/previews", body, token="primary-champion")
    desk = await together.post("identity", "/v1/previews", body, token="desk")
    assert SECONDARY not in str(own)
    assert desk["changes"][0]["account"]["home_school"] == SECONDARY


async def test_a_provisioning_client_with_credentials_of_its_own_previews_down_to_accounts(
    together: "Together",
) -> None:
    await together.run(primary().zip(), school=PRIMARY)
    operator = {"Authorization": "Bearer operator", "Idempotency-Key": "make a client"}
    http = together.http["mis-ingest"]
    made = await http.post(f"/v1/schools/{SECONDARY}/clients", headers=operator)
    assert made.is_success, made.text
    form = {
        "grant_type": "client_credentials",
        "client_id": made.json()["client_id"],
        "client_secret": made.json()["client_secret"],
    }
    token = (await http.post("/v1/tokens", data=form)).json()["access_token"]
    export = secondary()
    export.learner(21, classes=["7A"])
    shown = await preview(together, export.zip(), token=token)
    assert shown["accounts"]["counts"] == {"created": 6}
    assert [who["surname"] for who in shown["accounts"]["pending"]] == ["Parry 21"]
    assert PRIMARY not in str(shown)


async def test_nobody_previews_words_of_another_school(together: "Together") -> None:
    headers = {"Authorization": "Bearer manager"}
    for service, body in (
        ("identity", {"school": PRIMARY, "words": []}),
        ("groups", {"school": PRIMARY, "classes": [], "accounts": []}),
    ):
        answer = await together.http[service].post("/v1/previews", json=body, headers=headers)
        assert (answer.status_code, answer.json()["code"]) == (403, "school_not_yours")


async def test_where_a_service_is_away_the_rest_is_shown_and_what_is_missing_is_named(
    together: "Together",
) -> None:
    data = secondary().zip()
    together.reach["groups"].is_cut = True
    shown = await preview(together, data)
    assert (shown["accounts"]["known"], shown["groups"]["known"]) == (True, False)
    assert shown["accounts"]["counts"] == {"created": 6}
    assert "Teams and Classrooms" in shown["groups"]["says"]
    assert "Classrooms" in shown["groups"]["says_cy"]
    together.reach["identity"].is_cut = True
    shown = await preview(together, data)
    assert (shown["accounts"]["known"], shown["groups"]["known"]) == (False, False)
    assert "accounts" in shown["accounts"]["says"]
    assert shown["counts"]["changes"] == 6


async def test_the_largest_school_is_previewed_in_seconds(together: "Together") -> None:
    export = Export(SECONDARY)
    for number in range(90):
        export.school_class(f"K{number}")
    for serial in range(1, 2256):
        export.learner(
            serial,
            classes=[f"K{serial % 90}"],
            identifier=_upn(serial),
            metadata_admissionNumber=str(serial),
        )
    async with asyncio.timeout(60):  # a few seconds where the machine is not busy
        shown = await preview(together, export.zip())
    assert shown["accounts"]["counts"] == {"created": 2255}


def _upn(serial: int) -> str:
    rest = f"660402{serial // 1000 + 11:02d}0{serial % 1000:03d}"
    return check_letter(rest) + rest
