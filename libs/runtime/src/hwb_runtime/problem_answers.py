"""Which problems each operation may answer, written into its OpenAPI document in one place."""

from typing import Any

from fastapi import FastAPI

from hwb_runtime.openapi import amend_openapi
from hwb_runtime.problems import MEDIA_TYPE, Problem

SAYS = {
    400: "The body cannot be read",
    401: "No valid token",
    403: "Not for this role or school",
    404: "Not there, or not for you to see",
    408: "The body did not arrive in time",
    409: "Not possible as things stand",
    412: "No longer what was seen: look again, then decide",
    413: "More bytes than are taken",
    422: "A value in the request is not valid",
    429: "Too often; see Retry-After",
    503: "The database or sign-in is away for the moment; see Retry-After",
}
_OF_VALIDATION = ("HTTPValidationError", "ValidationError")
"""FastAPI's own schemas of a 422, which none of ours has."""

Answers = dict[int | str, dict[str, Any]]


def also_answers(*statuses: int) -> Answers:
    """For ``responses=`` of a route: problems beside those that its parameters already tell of."""
    return {status: {"description": SAYS[status]} for status in statuses}


def document_problems(app: FastAPI) -> None:
    """Have the document say of every operation which problems it may answer, each with its schema.

    It also says what FastAPI does not: a parameter may be left out, but it is never null. What
    follows from an operation's token, parameters and body is derived; what does not, its route
    names by ``also_answers``.
    """
    amend_openapi(app, _add_problems)


def _add_problems(document: dict[str, Any]) -> None:
    schemas = document.setdefault("components", {}).setdefault("schemas", {})
    for name in _OF_VALIDATION:
        schemas.pop(name, None)
    schemas["Problem"] = Problem.model_json_schema()
    for operations in document["paths"].values():
        for operation in operations.values():
            _complete(operation)


def _complete(operation: dict[str, Any]) -> None:
    answers: dict[str, Any] = operation["responses"]
    for status in _derived(operation):
        answers.setdefault(str(status), {"description": SAYS[status]})
    for code, answer in answers.items():
        if not code.startswith("2"):
            answer["description"] = SAYS[int(code)]
            answer["content"] = {MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}}}
    operation["responses"] = dict(sorted(answers.items()))
    for parameter in operation.get("parameters", []):
        parameter["schema"] = _without_null(parameter["schema"])


def _without_null(schema: dict[str, Any]) -> dict[str, Any]:
    kinds = [one for one in schema.get("anyOf", []) if one.get("type") != "null"]
    if len(kinds) != 1:
        return schema
    return {**{name: value for name, value in schema.items() if name != "anyOf"}, **kinds[0]}


def _derived(operation: dict[str, Any]) -> set[int]:
    parameters = operation.get("parameters", [])
    names = {one["name"] for one in parameters}
    has_body = "requestBody" in operation
    found = {503}
    if "security" in operation:
        found |= {401, 403}
    if any(one["in"] == "path" for one in parameters):
        found.add(404)
    if parameters or has_body:
        found.add(422)
    if has_body:
        found.add(400)
    if "Idempotency-Key" in names:
        found.add(409)
    if "If-Match" in names:
        found.add(412)
    return found
