"""One JSON Schema an event model, for readers: open to fields and values of later writers."""

from typing import Any

from hwb_schemas.events import Event

DIALECT = "https://json-schema.org/draft/2020-12/schema"


def json_schema(model: type[Event]) -> dict[str, Any]:
    """The schema of one event's JSON value.

    Required is what has no default, since readers also meet events of earlier writers.
    """
    schema = model.model_json_schema(mode="validation")
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
