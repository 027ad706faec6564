"""One JSON Schema an event model, for readers: open to fields and values of later writers."""

from enum import StrEnum
from typing import Any

from hwb_schemas import words
from hwb_schemas.events import Event
from hwb_schemas.words import OpenEnum

DIALECT = "https://json-schema.org/draft/2020-12/schema"
OPEN_ENUMS: dict[str, type[StrEnum]] = {
    name: value
    for name, value in vars(words).items()
    if isinstance(value, type) and issubclass(value, OpenEnum) and value is not OpenEnum
}


def json_schema(model: type[Event]) -> dict[str, Any]:
    """The schema of one event's JSON value.

    Required is what has no default, since readers also meet events of earlier writers. An
    enumeration that may grow is a string with its values so far in ``x-extensible-enum``: a value
    that a reader does not know is no fault of the event.
    """
    schema = model.model_json_schema(mode="validation")
    for name, definition in schema.get("$defs", {}).items():
        if name in OPEN_ENUMS:
            values = [value for value in definition.pop("enum") if value != "unknown"]
            definition["x-extensible-enum"] = values
    described: dict[str, Any] = _without_titles_of_fields(schema)
    return {"$schema": DIALECT, "title": model.__name__, **described}


def _without_titles_of_fields(node: Any) -> Any:
    """Pydantic repeats each field's name as its title, which says nothing."""
    if isinstance(node, list):
        return [_without_titles_of_fields(item) for item in node]
    if not isinstance(node, dict):
        return node
    cleaned = {key: _without_titles_of_fields(value) for key, value in node.items()}
    for field in cleaned.get("properties", {}).values():
        field.pop("title", None)
    if cleaned.get("default") == "unknown":
        cleaned.pop("default")
    return cleaned
