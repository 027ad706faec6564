"""Readers survive what a later writer may add: unknown fields, and values not known yet."""

from collections.abc import Iterator
from typing import Any, get_args

import pytest
from pydantic import BaseModel, ValidationError
from schemas.tools.event_types import all_event_types
from tests.support.examples import example_of

from hwb_schemas.events import Event, Value
from hwb_schemas.words import OpenEnum

TYPES = all_event_types()


def value_of(event_type: str) -> dict[str, Any]:
    value: dict[str, Any] = example_of(event_type)["value"]
    return value


def with_more_fields(node: Any) -> Any:
    """The same JSON with one more field in every object that is not a map of our own."""
    if isinstance(node, dict):
        grown = {name: with_more_fields(value) for name, value in node.items()}
        return grown | {"added_by_a_later_writer": {"any": ["thing"]}}
    if isinstance(node, list):
        return [with_more_fields(item) for item in node]
    return node


def open_enums(model: type[BaseModel]) -> Iterator[tuple[tuple[str, ...], type[OpenEnum]]]:
    """The paths of a model's fields that are open enumerations."""
    for name, field in model.model_fields.items():
        for kind in (field.annotation, *get_args(field.annotation)):
            if isinstance(kind, type) and issubclass(kind, OpenEnum):
                yield (name,), kind
            elif isinstance(kind, type) and issubclass(kind, Value):
                for path, enum in open_enums(kind):
                    yield (name, *path), enum


@pytest.mark.parametrize("event_type", sorted(TYPES))
def test_fields_of_a_later_writer_are_ignored(event_type: str) -> None:
    model = TYPES[event_type].model
    value = value_of(event_type)
    facts = value.get("facts")
    grown = with_more_fields(value)
    if facts is not None:
        grown["facts"] = facts  # a map from words to words: what is in it is data, not fields
    assert model.model_validate(grown) == model.model_validate(value)


@pytest.mark.parametrize("event_type", sorted(TYPES))
def test_a_value_of_a_later_writer_reads_as_unknown(event_type: str) -> None:
    model = TYPES[event_type].model
    for path, enum in open_enums(model):
        value = value_of(event_type)
        parent: Any = value
        for step in path[:-1]:
            parent = parent[step]
        parent[path[-1]] = "a_word_of_next_year"
        read: Any = model.model_validate(value)
        for step in path:
            read = getattr(read, step)
        assert read is enum["UNKNOWN"]


def test_every_enumeration_of_an_event_is_open() -> None:
    assert {
        model.__name__
        for model in {topic.model for topic in TYPES.values()}
        if any(True for _ in open_enums(model))
    } == {
        "RecordChanged",
        "ClassChanged",
        "RunChanged",
        "AccountChanged",
        "GroupChanged",
        "CaseChanged",
    }


@pytest.mark.parametrize("event_type", sorted(TYPES))
def test_an_event_without_a_promised_field_is_refused(event_type: str) -> None:
    model: type[Event] = TYPES[event_type].model
    needed = [name for name, field in model.model_fields.items() if field.is_required()]
    assert needed
    for name in needed:
        value = {key: told for key, told in value_of(event_type).items() if key != name}
        with pytest.raises(ValidationError, match=name):
            model.model_validate(value)
