"""Whether a changed schema still suits every reader of the released one, and who would break."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from schemas.tools.topics import SCHEMAS

from hwb_schemas.topics import Topic

BASELINE = SCHEMAS / "baseline"


@dataclass(frozen=True, slots=True)
class Breach:
    """One change that a reader of the released schema cannot survive."""

    event: str
    where: str
    what: str
    breaks: tuple[str, ...] = ()

    def __str__(self) -> str:
        who = ", ".join((*self.breaks, "subscribers outside this repository"))
        return f"{self.event} {self.where}: {self.what}. Would break: {who}."


def breaches(event: str, released: dict[str, Any], changed: dict[str, Any]) -> list[Breach]:
    """What is not additive. Descriptions, titles and defaults may change freely."""
    return [
        Breach(event, where or "/", what) for where, what in _differences(released, changed, "")
    ]


def contract_breaches(topics: list[Topic], current: dict[str, dict[str, Any]]) -> list[Breach]:
    """All breaches of ``current`` schemas, by event, against the released ones."""
    found: list[Breach] = []
    consumers = {topic.value: topic.consumers for topic in topics}
    for path in sorted(BASELINE.glob("*.json")):
        event = path.stem
        breaks = consumers.get(event, ())
        if event not in current:
            found.append(Breach(event, "/", "the event is gone", breaks))
            continue
        released = json.loads(path.read_text())
        found += [
            Breach(event, breach.where, breach.what, breaks)
            for breach in breaches(event, released, current[event])
        ]
    return found


def released_schemas(folder: Path = BASELINE) -> dict[str, dict[str, Any]]:
    """The schemas of the last release, by event."""
    return {path.stem: json.loads(path.read_text()) for path in sorted(folder.glob("*.json"))}


def _differences(
    released: dict[str, Any], changed: dict[str, Any], where: str
) -> Iterator[tuple[str, str]]:
    for name, definition in released.get("$defs", {}).items():
        below = f"{where}/$defs/{name}"
        if name not in changed.get("$defs", {}):
            yield below, "is gone or has another name"
        else:
            yield from _differences(definition, changed["$defs"][name], below)
    yield from _fields(released, changed, where)
    yield from _values(released, changed, where)
    for keyword in ("type", "format", "$ref", "const", "pattern", "additionalProperties"):
        if released.get(keyword) != changed.get(keyword):
            was, now = released.get(keyword), changed.get(keyword)
            yield where, f"{keyword} was {was!r} and is {now!r}"
    if "items" in released:
        yield from _differences(released["items"], changed.get("items", {}), f"{where}/items")
    before = [_shape(option) for option in released.get("anyOf", [])]
    after = [_shape(option) for option in changed.get("anyOf", [])]
    if before != after:
        yield where, f"may be {after} and was {before}"


def _fields(
    released: dict[str, Any], changed: dict[str, Any], where: str
) -> Iterator[tuple[str, str]]:
    before, after = released.get("properties", {}), changed.get("properties", {})
    needed_before = set(released.get("required", []))
    needed_after = set(changed.get("required", []))
    for name, field in before.items():
        if name not in after:
            yield f"{where}/{name}", "the field is gone"
            continue
        yield from _differences(field, after[name], f"{where}/{name}")
        if name in needed_before - needed_after:
            yield f"{where}/{name}", "was always there and may now be left out"
        if name in needed_after - needed_before:
            yield f"{where}/{name}", "may be missing from events already written, yet is required"
    for name in sorted(set(after) - set(before)):
        if name in needed_after:
            yield f"{where}/{name}", "a new field must be optional: give it a default"


def _values(
    released: dict[str, Any], changed: dict[str, Any], where: str
) -> Iterator[tuple[str, str]]:
    for keyword in ("enum", "x-extensible-enum"):
        if keyword in released:
            for value in released[keyword]:
                if value not in changed.get(keyword, []):
                    yield where, f"the value {value!r} is gone"
    for value in changed.get("enum", []):
        if "enum" in released and value not in released["enum"]:
            yield where, f"the value {value!r} is new in a closed enumeration"


def _shape(option: dict[str, Any]) -> str:
    return ", ".join(
        f"{key}={option[key]}" for key in ("type", "format", "$ref", "items") if key in option
    )
