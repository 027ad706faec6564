"""Every text that a caller can send is bounded, and such as PostgreSQL can keep."""

from collections.abc import Iterator
from typing import Any

import jsonschema
import pytest
from tests.support.access import api_on_paper

from hwb_groups.bootstrap import SERVICE as GROUPS
from hwb_identity.bootstrap import SERVICE as IDENTITY
from hwb_mis_ingest.bootstrap import SERVICE as MIS_INGEST
from hwb_notifier.bootstrap import SERVICE as NOTIFIER

ENDLESS = ("a" * 10_000, "7" * 10_000)
WITH_NUL = ("\0", "a\0a")
TYPED = {"uuid", "date", "date-time", "binary"}
EVENTS = {"RecordChanged", "ClassChanged", "AccountChanged"}
"""What mis-ingest asks a preview of, as Kafka would carry it."""

NEVER_KEPT = ("POST /v1/tokens", "POST /v1/password-checks Password")
"""Hashed, or looked at before it is looked up; and HTTP itself lets no NUL into a header."""


def texts_of(schema: dict[str, Any], document: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """The schemas of texts within, through references, but not of events."""
    name = schema.get("$ref", "").rsplit("/", 1)[-1]
    if name in EVENTS:
        return
    if name:
        schema = document["components"]["schemas"][name]
    inner = [*schema.get("anyOf", []), *schema.get("properties", {}).values()]
    inner += [schema["items"]] if "items" in schema else []
    for one in inner:
        yield from texts_of(one, document)
    if schema.get("type") == "string" and schema.get("format") not in TYPED:
        yield schema


def texts_sent(document: dict[str, Any]) -> Iterator[tuple[str, str, dict[str, Any]]]:
    """Operation, where it is sent, and the schema."""
    for path, operations in document["paths"].items():
        for method, operation in operations.items():
            label = f"{method.upper()} {path}"
            for one in operation.get("parameters", []):
                for text in texts_of(one["schema"], document):
                    yield f"{label} {one['name']}", one["in"], text
            for content in operation.get("requestBody", {}).get("content", {}).values():
                for text in texts_of(content["schema"], document):
                    yield f"{label} {text.get('title')}", "body", text


@pytest.mark.parametrize("service", [MIS_INGEST, IDENTITY, GROUPS, NOTIFIER], ids=lambda s: s.name)
def test_every_text_that_callers_send_is_bounded(service: Any) -> None:
    document = api_on_paper(service).openapi()
    unbounded = []
    for name, where, schema in texts_sent(document):
        nul_is_harmless = where == "header" or name.startswith(NEVER_KEPT)
        worst = ENDLESS if nul_is_harmless else (*ENDLESS, *WITH_NUL)
        validator = jsonschema.Draft202012Validator(schema)
        unbounded += [f"{name}: {one[:3]!r}" for one in worst if validator.is_valid(one)]
    assert not unbounded, "use a type of hwb_runtime.texts"
