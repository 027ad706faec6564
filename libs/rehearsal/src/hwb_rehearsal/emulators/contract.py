"""The providers' own machine-readable contracts, where they lie on this machine.

Google's discovery document and a JSON Schema made from Graph's CSDL (facts/providers.md 2 and 3).
Where they are absent nothing is checked, and the emulators rely on their own rules alone.
"""

import json
import os
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

from jsonschema import Draft202012Validator

GRAPH_FILE = "graph_v1_teams_schemas_2026-08.json"
CLASSROOM_FILE = "classroom_v1_discovery_excerpt.json"
_BESIDE_THE_REPOSITORY = "../shared/data/provider-contracts"


def contracts_directory() -> Path | None:
    """``HWB_PROVIDER_CONTRACTS``, or the directory beside the repository; None where absent."""
    named = os.environ.get("HWB_PROVIDER_CONTRACTS")
    if named:
        return Path(named)
    for parent in Path(__file__).resolve().parents:
        if (parent / ".git").exists():
            beside = (parent / _BESIDE_THE_REPOSITORY).resolve()
            return beside if beside.is_dir() else None
    return None


@dataclass(frozen=True)
class Types:
    """Named types as JSON Schema; a validator is made when its type is first met."""

    definitions: Mapping[str, Any]
    _validators: dict[str, Draft202012Validator] = field(default_factory=dict)

    def errors(self, type_name: str, value: Any) -> Iterator[str]:
        """Where and how a value breaks the schema of this type."""
        validator = self._validators.get(type_name)
        if validator is None:
            schema = {"$ref": f"#/$defs/{type_name}", "$defs": self.definitions}
            validator = self._validators[type_name] = Draft202012Validator(schema)
        for error in validator.iter_errors(value):
            yield f"{error.json_path}: {error.message}"


@dataclass(frozen=True)
class GraphContract:
    """Graph's types. They are open, but only annotations (names with ``@``) may be added."""

    types: Types

    def faults(self, type_name: str, value: Any) -> list[str]:
        """What is wrong with a value of this type; empty where all is well."""
        return [*self.types.errors(type_name, value), *self._unknown_names(type_name, value)]

    def _unknown_names(self, type_name: str, value: Any) -> Iterator[str]:
        if isinstance(value, dict):
            known = set(self._names(type_name))
            for name in value:
                if "@" not in name and name not in known:
                    yield f"$.{name}: {type_name} has no such property"

    def _names(self, type_name: str) -> Iterator[str]:
        definition = self.types.definitions[type_name]
        for part in definition.get("allOf", [definition]):
            if "$ref" in part:
                yield from self._names(part["$ref"].rsplit("/", 1)[1])
            yield from part.get("properties", ())


@dataclass(frozen=True)
class Route:
    """One method of the discovery document."""

    method: str
    path: re.Pattern[str]
    query: frozenset[str]
    request: str | None
    response: str


@dataclass(frozen=True)
class ClassroomContract:
    """Google's types (closed) and routes."""

    types: Types
    routes: tuple[Route, ...]
    common_query: frozenset[str]

    def faults(self, type_name: str, value: Any) -> list[str]:
        """What is wrong with a value of this type; empty where all is well."""
        return list(self.types.errors(type_name, value))

    def route(self, method: str, path: str) -> Route | None:
        """The documented method that this request calls (path without its leading slash)."""
        for route in self.routes:
            if route.method == method and route.path.fullmatch(path):
                return route
        return None


@cache
def graph_contract(directory: Path | None) -> GraphContract | None:
    """Graph's contract from this directory, if it is there."""
    if directory is None or not (directory / GRAPH_FILE).is_file():
        return None
    return GraphContract(Types(json.loads((directory / GRAPH_FILE).read_text())["$defs"]))


@cache
def classroom_contract(directory: Path | None) -> ClassroomContract | None:
    """Classroom's contract from this directory, if it is there."""
    if directory is None or not (directory / CLASSROOM_FILE).is_file():
        return None
    document = json.loads((directory / CLASSROOM_FILE).read_text())
    return ClassroomContract(
        types=Types({name: _as_schema(value) for name, value in document["schemas"].items()}),
        routes=tuple(_routes(document)),
        common_query=frozenset(document["parameters"]),
    )


def _as_schema(value: Any) -> Any:
    """A discovery schema as JSON Schema: references, closed objects, no Google formats."""
    if isinstance(value, list):
        return [_as_schema(item) for item in value]
    if not isinstance(value, dict):
        return value
    if isinstance(value.get("$ref"), str):
        return {"$ref": f"#/$defs/{value['$ref']}"}
    dropped = {"id", "description", "enumDescriptions", "format", "deprecated", "readOnly"}
    schema = {name: _as_schema(item) for name, item in value.items() if name not in dropped}
    if value.get("type") == "object" and "properties" in value:
        schema["properties"] = {n: _as_schema(item) for n, item in value["properties"].items()}
        schema["additionalProperties"] = False
    return schema


def _routes(resource: Mapping[str, Any]) -> Iterator[Route]:
    for method in resource.get("methods", {}).values():
        parameters = method.get("parameters", {})
        yield Route(
            method=method["httpMethod"],
            path=re.compile(re.sub(r"\{\w+\}", "[^/]+", method["flatPath"])),
            query=frozenset(n for n, p in parameters.items() if p["location"] == "query"),
            request=method["request"]["$ref"] if "request" in method else None,
            response=method["response"]["$ref"],
        )
    for child in resource.get("resources", {}).values():
        yield from _routes(child)
