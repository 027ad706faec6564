"""docs/reference/topics.md: what is on every topic, from the contract itself."""

from typing import Any

from schemas.tools.event_types import event_types
from schemas.tools.topics import load_topics

from hwb_schemas.events import Event
from hwb_schemas.topics import Topic

INTRODUCTION = """# Topics

Every event is a [CloudEvent](https://cloudevents.io) 1.0 in Kafka's binary mode: attributes in
`ce_…` headers, a JSON object as value, W3C trace context in `traceparent`. A record without value on
a compacted topic is a tombstone: the thing of that key is no more.

**Readers** ignore fields they do not know and read an enumeration's unknown value as `UNKNOWN`.
**Writers** only add optional fields and new values within `v1`; a contract test refuses the rest.
**Repeats happen**: drop what you have, by `run_seq` per school and person on `hwb.mis.changes`, by
`version` on `hwb.identity.accounts`, by `ce_id` elsewhere.
**People** are named by `person_ref`, an HMAC of UPN or school and staff code; only
`hwb.mis.changes` shows those, and only identity may read it.

Machine-readable: [`schemas/json`](../../schemas/json) (JSON Schema),
[`schemas/asyncapi`](../../schemas/asyncapi) (AsyncAPI 3), [`schemas/examples`](../../schemas/examples)
(one message an event type). To subscribe: [how-to/subscribe](../how-to/subscribe.md).
"""


def reference_topics() -> str:
    """The whole page."""
    topics = load_topics()
    rows = [
        f"| [`{topic.name}`](#{topic.name.replace('.', '')}) | {topic.key} | {topic.partitions} "
        f"| {topic.kept} | {', '.join(topic.producers)} | {', '.join(topic.consumers) or 'nobody yet'} |"
        for topic in topics
    ]
    table = [
        "| topic | key | partitions | kept | from | to, beside other Hwb services |",
        "| --- | --- | --- | --- | --- | --- |",
        *[row.replace("<", "&lt;").replace(">", "&gt;") for row in rows],
    ]
    return "\n".join([INTRODUCTION, *table, "", *[_section(topic) for topic in topics]])


def _section(topic: Topic) -> str:
    fields = "\n".join(_field_rows(topic.model, ""))
    types = "\n".join(f"- `{name}`" for name in event_types(topic))
    audience = (
        "any Hwb service" if topic.public else "identity alone: it holds UPNs and staff codes"
    )
    _, _, details = (topic.model.__doc__ or "").partition("\n\n")
    details = " ".join(details.replace("``", "`").split())
    return f"""## {topic.name}

{" ".join([topic.about, f"Key: {topic.key}.", details]).strip()}

May be read by {audience}. Schema: [`{topic.value}`](../../schemas/json/{topic.value}.json).

{types}

| field | type | always there |
| --- | --- | --- |
{fields}
"""


def _field_rows(model: type[Event], prefix: str) -> list[str]:
    schema = model.model_json_schema()
    return _rows(schema, schema.get("$defs", {}), prefix)


def _rows(schema: dict[str, Any], definitions: dict[str, Any], prefix: str) -> list[str]:
    rows: list[str] = []
    required = schema.get("required", [])
    for name, field in schema["properties"].items():
        reference = str(field.get("$ref", "")).rpartition("/")[2]
        target = definitions.get(reference)
        always = "yes" if name in required else "no"
        rows.append(f"| `{prefix}{name}` | {_type(field, definitions)} | {always} |")
        if target is not None and "properties" in target:
            rows += _rows(target, definitions, f"{prefix}{name}.")
    return rows


def _type(field: dict[str, Any], definitions: dict[str, Any]) -> str:
    if "$ref" in field:
        name = str(field["$ref"]).rpartition("/")[2]
        words = definitions[name].get("x-extensible-enum", [])
        return " ".join(f"`{word}`" for word in words) or "object"
    if "anyOf" in field:
        return " or ".join(_type(option, definitions) for option in field["anyOf"])
    if field.get("type") == "array":
        return f"list of {_type(field['items'], definitions)}"
    if field.get("type") == "object":
        return "object of strings"
    return str(field.get("format", field.get("type")))
