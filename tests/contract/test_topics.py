"""The topics are those that the design promises (DESIGN 4)."""

import pytest
from pydantic import ValidationError
from schemas.tools.topics import load_topics

from hwb_schemas.topics import Topic

# name: (partitions, days kept or None for compacted, days of tombstones, public)
PROMISED = {
    "hwb.mis.changes": (12, 90, None, False),
    "hwb.mis.classes": (3, None, None, True),
    "hwb.mis.runs": (3, 90, None, True),
    "hwb.identity.runs": (3, 90, None, True),
    "hwb.identity.accounts": (12, None, 31, True),
    "hwb.groups.events": (3, 90, None, True),
    "hwb.servicedesk.cases": (3, 90, None, True),
}


def test_names_partitions_and_retention_are_as_promised() -> None:
    assert {
        topic.name: (topic.partitions, topic.retention_days, topic.tombstone_days, topic.public)
        for topic in load_topics()
    } == PROMISED


def test_upns_travel_on_no_public_topic() -> None:
    for topic in load_topics():
        fields = str(topic.model.model_json_schema())
        assert topic.public == ("'upn'" not in fields and "staff_code" not in fields)


def test_a_topic_without_retention_is_refused() -> None:
    told = load_topics()[0].model_dump() | {"compacted": False, "retention_days": None}
    with pytest.raises(ValidationError, match="either compacted or retention_days"):
        Topic.model_validate(told)


def test_a_topic_with_an_unknown_value_is_refused() -> None:
    told = load_topics()[0].model_dump() | {"value": "Nobody"}
    with pytest.raises(ValidationError, match="has no Nobody"):
        Topic.model_validate(told)
