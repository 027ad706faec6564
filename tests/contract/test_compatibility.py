"""Within v1 writers only add: a breaking change is found, and it is said who would break."""

import copy
from collections.abc import Callable
from typing import Any

import pytest
from schemas.tools import generate
from schemas.tools.compatibility import breaches, contract_breaches, released_schemas
from schemas.tools.generate import current_schemas
from schemas.tools.topics import SCHEMAS, load_topics

Schema = dict[str, Any]


def account(schema: Schema) -> Schema:
    found: Schema = schema["$defs"]["Account"]
    return found


BREAKING: dict[str, Callable[[Schema], object]] = {
    "a field goes": lambda s: account(s)["properties"].pop("home_school"),
    "a field gets another name": lambda s: account(s)["properties"].update(
        school=account(s)["properties"].pop("home_school")
    ),
    "a type changes": lambda s: s["properties"]["version"].update(type="string"),
    "a format changes": lambda s: s["properties"]["changed_at"].update(format="date"),
    "a promised field may be left out": lambda s: s["required"].remove("version"),
    "an old optional field is required": lambda s: account(s)["required"].append("home_school"),
    "a new field is required": lambda s: (
        s["properties"].update(reason={"type": "string"}),
        s["required"].append("reason"),
    ),
    "a value of an enumeration goes": lambda s: s["$defs"]["AccountStatus"][
        "x-extensible-enum"
    ].remove("inactive"),
    "what may be null no longer may": lambda s: account(s)["properties"]["home_school"][
        "anyOf"
    ].pop(),
    "what is listed changes": lambda s: account(s)["properties"]["classes"]["items"].update(
        type="integer"
    ),
    "a part is shut to new fields": lambda s: account(s).update(additionalProperties=False),
    "a definition goes": lambda s: s["$defs"].pop("AccountStatus"),
}

ADDITIVE: dict[str, Callable[[Schema], object]] = {
    "an optional field": lambda s: account(s)["properties"].update(
        preferred_language={"type": "string", "default": "cy"}
    ),
    "a value of an open enumeration": lambda s: s["$defs"]["AccountStatus"][
        "x-extensible-enum"
    ].append("suspended"),
    "a clearer description": lambda s: s.update(description="Better words."),
}


@pytest.mark.parametrize("change", BREAKING)
def test_a_breaking_change_is_found(change: str) -> None:
    released = current_schemas()["AccountChanged"]
    changed = copy.deepcopy(released)
    BREAKING[change](changed)
    assert breaches("AccountChanged", released, changed)


@pytest.mark.parametrize("change", ADDITIVE)
def test_an_addition_is_no_breach(change: str) -> None:
    released = current_schemas()["AccountChanged"]
    changed = copy.deepcopy(released)
    ADDITIVE[change](changed)
    assert breaches("AccountChanged", released, changed) == []


def test_todays_contract_breaks_no_reader_of_the_released_one() -> None:
    assert contract_breaches(load_topics(), current_schemas()) == []
    assert set(released_schemas()) <= set(current_schemas())


def test_a_breach_says_who_would_break() -> None:
    current = copy.deepcopy(current_schemas())
    del account(current["AccountChanged"])["properties"]["sign_in_name"]
    found = [str(breach) for breach in contract_breaches(load_topics(), current)]
    assert len(found) == 1
    assert "sign_in_name: the field is gone" in found[0]
    assert "Would break: groups, subscribers outside this repository" in found[0]


def test_an_event_that_is_gone_is_a_breach() -> None:
    current = {name: schema for name, schema in current_schemas().items() if name != "RunSettled"}
    found = contract_breaches(load_topics(), current)
    assert [(breach.event, breach.what) for breach in found] == [
        ("RunSettled", "the event is gone")
    ]


def test_a_breaking_change_writes_nothing(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    changed = copy.deepcopy(current_schemas())
    del changed["RunSettled"]["properties"]["pending"]
    monkeypatch.setattr(generate, "current_schemas", lambda: changed)

    assert generate.main([]) == 1

    told = capsys.readouterr().err
    assert "RunSettled" in told
    assert "Nothing was written" in told
    assert "pending" in (SCHEMAS / "json/RunSettled.json").read_text()
