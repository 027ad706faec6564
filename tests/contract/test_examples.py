"""Every event type has an example that schema, model and headers agree with."""

import json
import re

import pytest
from jsonschema import Draft202012Validator
from schemas.tools.event_types import all_event_types
from schemas.tools.topics import SCHEMAS, load_topics
from tests.support.examples import example_of

from hwb_schemas.upn import is_valid_upn

EXAMPLES = {path.stem: path for path in sorted(SCHEMAS.glob("examples/*.json"))}
TYPES = all_event_types()
UPN_SHAPE = re.compile(r"\b[A-Z]\d{11}[0-9A-Z]\b")


def test_every_event_type_has_an_example_and_there_is_no_other() -> None:
    assert set(EXAMPLES) == set(TYPES)


@pytest.mark.parametrize("event_type", sorted(TYPES))
def test_an_example_is_valid_by_its_json_schema(event_type: str) -> None:
    schema = json.loads((SCHEMAS / f"json/{TYPES[event_type].value}.json").read_text())
    validator = Draft202012Validator(schema, format_checker=Draft202012Validator.FORMAT_CHECKER)
    validator.validate(example_of(event_type)["value"])


@pytest.mark.parametrize("event_type", sorted(TYPES))
def test_an_example_is_what_our_writers_write(event_type: str) -> None:
    told = example_of(event_type)
    event = TYPES[event_type].model.model_validate(told["value"])
    assert event.type_of() == event_type == told["headers"]["ce_type"]
    assert told["topic"] == TYPES[event_type].name
    assert json.loads(event.model_dump_json()) == told["value"]


@pytest.mark.parametrize("event_type", sorted(TYPES))
def test_no_example_of_a_public_topic_shows_a_upn(event_type: str) -> None:
    shown = UPN_SHAPE.findall(EXAMPLES[event_type].read_text())
    assert bool(shown) == (not TYPES[event_type].public)
    assert all(is_valid_upn(upn) for upn in shown)


def test_every_topic_has_an_example() -> None:
    assert {TYPES[name].name for name in EXAMPLES} == {topic.name for topic in load_topics()}
