"""The published schemas are those of the models, and are what they say they are."""

import json
from pathlib import Path

import pytest
import yaml
from jsonschema import Draft7Validator, Draft202012Validator
from schemas.tools.event_types import all_event_types
from schemas.tools.generate import ASYNCAPI_FILE, generated
from schemas.tools.topics import SCHEMAS, load_topics

# npm package @asyncapi/specs 6.11.1 (Apache-2.0): schemas/3.0.0-without-$id.json unspaced
ASYNCAPI_SCHEMA = Path(__file__).with_name("asyncapi-3.0.0.schema.json")


@pytest.mark.parametrize("path", sorted(generated()))
def test_a_generated_file_is_what_the_models_give_today(path: str) -> None:
    assert (SCHEMAS / path).read_text() == generated()[path], "run make schemas"


def test_no_schema_is_left_over_from_an_event_that_is_gone() -> None:
    found = {f"json/{path.name}" for path in SCHEMAS.glob("json/*")}
    assert found == {path for path in generated() if path.startswith("json/")}


@pytest.mark.parametrize("event", sorted({topic.value for topic in load_topics()}))
def test_every_event_has_a_valid_json_schema(event: str) -> None:
    schema = json.loads((SCHEMAS / f"json/{event}.json").read_text())
    Draft202012Validator.check_schema(schema)
    assert schema["description"]


def test_the_asyncapi_document_is_valid_asyncapi_3() -> None:
    document = yaml.safe_load((SCHEMAS / ASYNCAPI_FILE).read_text())
    faults = [
        f"{'/'.join(map(str, fault.absolute_path))}: {fault.message[:200]}"
        for fault in Draft7Validator(json.loads(ASYNCAPI_SCHEMA.read_text())).iter_errors(document)
    ]
    assert faults == []


def test_the_asyncapi_document_refers_only_to_what_is_there() -> None:
    document = yaml.safe_load((SCHEMAS / ASYNCAPI_FILE).read_text())
    folder = (SCHEMAS / ASYNCAPI_FILE).parent
    for message in document["components"]["messages"].values():
        assert (folder / message["payload"]["schema"]["$ref"]).resolve().is_file()
    for operation in document["operations"].values():
        name = operation["channel"]["$ref"].removeprefix("#/channels/")
        assert name in document["channels"]


def test_the_asyncapi_document_lists_every_event_type() -> None:
    document = yaml.safe_load((SCHEMAS / ASYNCAPI_FILE).read_text())
    listed = [
        name
        for message in document["components"]["messages"].values()
        for name in message["x-event-types"]
    ]
    assert sorted(listed) == sorted(all_event_types())
