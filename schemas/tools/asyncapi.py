"""The AsyncAPI 3 document: the same contract for tools that draw, mock or generate from it."""

from typing import Any

from schemas.tools.event_types import event_types
from schemas.tools.json_schemas import json_schema

from hwb_schemas.topics import Topic

DAY_MS = 24 * 60 * 60 * 1000
CLOUD_EVENTS_HEADERS: dict[str, Any] = {
    "type": "object",
    "required": ["ce_specversion", "ce_id", "ce_source", "ce_type", "ce_time", "content-type"],
    "properties": {
        "ce_specversion": {"type": "string", "const": "1.0"},
        "ce_id": {"type": "string", "description": "Stays the same when an event is repeated."},
        "ce_source": {"type": "string", "description": "The service that wrote it."},
        "ce_type": {"type": "string", "description": "wales.hwb.<service>.<noun>.<past verb>.v1"},
        "ce_time": {"type": "string", "format": "date-time"},
        "content-type": {"type": "string", "const": "application/json"},
        "traceparent": {"type": "string", "description": "W3C trace context, from the upload on."},
    },
}


def asyncapi(topics: list[Topic]) -> dict[str, Any]:
    """The whole document; every schema is referred to in ``json/``, none is repeated."""
    return {
        "asyncapi": "3.0.0",
        "info": {
            "title": "Hwb rollover events",
            "version": "1.0.0",
            "description": (
                "Every event of Hwb rollover: CloudEvents 1.0 in binary mode, JSON values, Kafka. "
                "Readers ignore fields that they do not know and read an unknown value of an "
                "x-extensible-enum as UNKNOWN; writers only add optional fields within v1. "
                "The docs of each topic are in docs/reference/topics.md."
            ),
        },
        "defaultContentType": "application/json",
        "channels": {topic.name: _channel(topic) for topic in topics},
        "operations": dict(_operations(topics)),
        "components": {
            "messages": {topic.value: _message(topic) for topic in topics},
            "schemas": {
                "cloudEventsHeaders": {
                    "schemaFormat": "application/vnd.aai.asyncapi+json;version=3.0.0",
                    "schema": CLOUD_EVENTS_HEADERS,
                }
            },
        },
    }


def _channel(topic: Topic) -> dict[str, Any]:
    configuration: dict[str, Any] = {"cleanup.policy": ["compact"]}
    if topic.tombstone_days:
        configuration["delete.retention.ms"] = topic.tombstone_days * DAY_MS
    if topic.retention_days:
        configuration = {
            "cleanup.policy": ["delete"],
            "retention.ms": topic.retention_days * DAY_MS,
        }
    return {
        "address": topic.name,
        "title": topic.name,
        "description": f"{topic.about} Key: {topic.key}. Kept: {topic.kept}.",
        "messages": {topic.value: {"$ref": f"#/components/messages/{topic.value}"}},
        "bindings": {
            "kafka": {
                "topic": topic.name,
                "partitions": topic.partitions,
                "topicConfiguration": configuration,
                "bindingVersion": "0.5.0",
            }
        },
        "x-owner": topic.owner,
        "x-public": topic.public,
    }


def _message(topic: Topic) -> dict[str, Any]:
    schema = json_schema(topic.model)
    return {
        "name": topic.value,
        "title": topic.value,
        "summary": topic.about,
        "description": schema["description"],
        "contentType": "application/json",
        "headers": {"$ref": "#/components/schemas/cloudEventsHeaders"},
        "payload": {
            "schemaFormat": "application/schema+json;version=draft-07",
            "schema": {"$ref": f"../json/{topic.value}.json"},
        },
        "bindings": {
            "kafka": {
                "key": {"type": "string", "description": topic.key},
                "bindingVersion": "0.5.0",
            }
        },
        "x-event-types": event_types(topic),
    }


def _operations(topics: list[Topic]) -> list[tuple[str, dict[str, Any]]]:
    found: list[tuple[str, dict[str, Any]]] = []
    for topic in topics:
        channel = {"$ref": f"#/channels/{topic.name}"}
        messages = [{"$ref": f"#/channels/{topic.name}/messages/{topic.value}"}]
        for action, services in (("send", topic.producers), ("receive", topic.consumers)):
            for service in services:
                name = f"{service}.{action}s.{topic.name}"
                operation = {
                    "action": action,
                    "channel": channel,
                    "messages": messages,
                    "tags": [{"name": service}],
                }
                found.append((name, operation))
    return found
