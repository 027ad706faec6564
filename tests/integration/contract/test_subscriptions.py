"""Each service subscribes to the topics whose file says so; the relay waits for just those."""

import importlib
from datetime import UTC, datetime

import pytest
from schemas.tools.topics import load_topics
from tests.support.calendars import CALENDAR_2022

from hwb_rehearsal.stack.postgres import Postgres
from hwb_runtime.service import Service
from hwb_runtime.testing import platform_for
from hwb_schemas.register import Register

NEEDED_SETTINGS = {
    "groups": {
        "graph_base_url": "http://127.0.0.1:1/graph/v1.0",
        "classroom_base_url": "http://127.0.0.1:1/classroom",
        "graph_token": "a token of the tests",
        "classroom_token": "a token of the tests",
        "technical_owner": "svc-groups@hwbcymru.net",
    },
}


@pytest.mark.parametrize("name", ["mis-ingest", "identity", "groups", "notifier"])
async def test_a_service_subscribes_to_what_the_topic_files_say(
    name: str, postgres: Postgres
) -> None:
    bootstrap = importlib.import_module(f"hwb_{name.replace('-', '_')}.bootstrap")
    service: Service = bootstrap.SERVICE
    async with (
        platform_for(
            service,
            postgres.create_database(),
            calendar=CALENDAR_2022,
            register=Register(authorities=(), schools=()),
            now=datetime(2022, 8, 15, tzinfo=UTC),
            settings=NEEDED_SETTINGS.get(name),
        ) as platform,
        service.worker(platform) as parts,
    ):
        subscribed = {subscription.topic: subscription for subscription in parts.subscriptions}
    told = {topic.name: topic for topic in load_topics() if name in topic.consumers}
    assert set(subscribed) == set(told)
    for topic, subscription in subscribed.items():
        assert subscription.payload is told[topic].model
