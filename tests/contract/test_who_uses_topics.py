"""The topic files name the services that use a topic, and no others."""

import ast
from pathlib import Path

import pytest
from schemas.tools.topics import load_topics

from hwb_schemas.topics import Service

ROOT = Path(__file__).parents[2]
TOPICS = {topic.name: topic for topic in load_topics()}
SERVICES: tuple[Service, ...] = ("mis-ingest", "identity", "groups", "notifier")


def topics_named_by(service: str) -> set[str]:
    """Topics whose name is written in the source of a service."""
    return {
        node.value
        for path in (ROOT / f"services/{service}/src").rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.Constant) and node.value in TOPICS
    }


@pytest.mark.parametrize("service", SERVICES)
def test_a_service_uses_the_topics_that_name_it(service: Service) -> None:
    told = {
        name
        for name, topic in TOPICS.items()
        if service in topic.producers or service in topic.consumers
    }
    assert topics_named_by(service) == told


def test_deactivation_never_waits_for_archiving() -> None:
    of_groups = {name for name, topic in TOPICS.items() if topic.owner == "groups"}
    assert of_groups
    assert not of_groups & topics_named_by("identity"), "identity would wait for groups' word"


@pytest.mark.parametrize("service", SERVICES)
def test_a_service_owns_only_topics_that_it_writes_or_reads(service: Service) -> None:
    for topic in TOPICS.values():
        if topic.owner == service:
            assert service in (*topic.producers, *topic.consumers)
