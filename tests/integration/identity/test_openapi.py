"""The OpenAPI document: an example of every body and answer, and what else may be answered."""

from collections.abc import Iterator
from typing import Any

import jsonschema
from tests.support.identity_world import World

from hwb_identity.entrypoints.api import make_api
from hwb_identity.entrypoints.examples import EXAMPLES

COMMANDS_WITHOUT_KEY = {
    "/v1/accounts/search": "changes nothing",
    "/v1/diagnosis": "changes nothing",
    "/v1/previews": "changes nothing",
    "/v1/password-checks": "changes nothing",
    "/v1/accounts/{account_id}/password": "makes one where there is none, however often",
}


def operations(document: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            yield f"{method.upper()} {path}", operation


def json_parts(operation: dict[str, Any]) -> Iterator[dict[str, Any]]:
    contents = [operation.get("requestBody", {}).get("content", {})]
    contents += [
        answer.get("content", {})
        for status, answer in operation["responses"].items()
        if status.startswith("2")
    ]
    for content in contents:
        if "application/json" in content:
            yield content["application/json"]


async def test_every_body_and_answer_has_an_example_that_fits_its_schema(world: World) -> None:
    document = make_api(world.platform).openapi()
    shown = set()
    for name, operation in operations(document):
        for part in json_parts(operation):
            assert "example" in part, f"{name}: no example of {part['schema']}"
            schema = part["schema"] | {"components": document["components"]}
            jsonschema.validate(part["example"], schema)
            shown.add(part["schema"]["$ref"].rsplit("/", 1)[-1])
    assert set(EXAMPLES) == shown, "an example of what is there no more"


async def test_every_operation_says_what_it_answers_when_it_refuses(world: World) -> None:
    for name, operation in operations(make_api(world.platform).openapi()):
        answers = operation["responses"]
        assert {"401", "403", "503"} <= set(answers), name
        if "parameters" in operation or "requestBody" in operation:
            assert "422" in answers, name
        for status, answer in answers.items():
            if not status.startswith("2"):
                assert "application/problem+json" in answer["content"], (name, status)


async def test_every_command_takes_an_idempotency_key(world: World) -> None:
    for name, operation in operations(make_api(world.platform).openapi()):
        method, path = name.split()
        if method == "GET" or path in COMMANDS_WITHOUT_KEY:
            continue
        headers = {one["name"]: one["required"] for one in operation["parameters"]}
        assert headers.get("Idempotency-Key"), name
