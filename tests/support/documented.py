"""An API against its own OpenAPI document: schemathesis makes the requests, everybody sends them.

Of schemathesis' checks these are on: status, content type, headers and body as documented; a method
that is not there gets 405 with ``Allow``; and what is outside the document is refused. Not used are
``not_a_server_error`` and ``ignored_auth``, which send requests anew through a client of their own
(both are judged here, the latter with real callers), and ``positive_data_acceptance``, because a
request may fit the document and still be wrong for what is there, as a second approval is: instead
nothing that fits may be called malformed, and ``Reach`` gives of each operation a request that
succeeds.
"""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from copy import deepcopy
from dataclasses import dataclass, field
from itertools import count
from typing import Any, Literal, cast

import httpx
import requests
import schemathesis
from fastapi import FastAPI
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis.errors import Unsatisfiable
from hypothesis.internal.cache import LRUCache
from hypothesis.internal.conjecture import providers
from hypothesis.internal.constants_ast import Constants
from schemathesis import GenerationMode
from schemathesis.core.failures import FailureGroup
from schemathesis.core.parameters import ParameterLocation
from schemathesis.generation.case import Case as AnyCase
from schemathesis.specs.openapi import checks
from tests.support.access import May, bound, operations_of
from tests.support.who_may import OPEN

from hwb_schemas.words import Role

Case = AnyCase[Any]
DOCUMENTED = [
    checks.status_code_conformance,
    checks.content_type_conformance,
    checks.response_headers_conformance,
    checks.response_schema_conformance,
    checks.unsupported_method,
    checks.allow_header_conformance,
]
EACH_MODE = 10
AT_LIMITS = 32
MOST_SHOWN = 5
NOBODY = "nobody"
BOTH_MODES = [GenerationMode.POSITIVE, GenerationMode.NEGATIVE]


@dataclass(frozen=True)
class Reach:
    """A request about the seeded data that succeeds; ``by`` is the token of somebody who may."""

    by: str
    path: Mapping[str, str] = field(default_factory=dict)
    query: Mapping[str, Any] = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict)
    body: Any = None
    media_type: str = "application/json"
    seen_by: Sequence[str] | None = None
    """Where not everybody who may read also sees it: who does."""


@dataclass(frozen=True)
class Group:
    """Tokens that take turns: who may call an operation, the same elsewhere, or who may not."""

    who: Literal["insiders", "of another school", "outsiders"]
    tokens: Sequence[str]


# A file's bytes are sent as they are.
schemathesis.serializer.alias(["application/zip", "application/jsonl"], "application/octet-stream")


class DocumentedApi:
    """One service's API; its operations have their names of ``tests/support/who_may.py``."""

    def __init__(self, app: FastAPI, expected: Mapping[str, May]) -> None:
        document = deepcopy(app.openapi())
        for operations in document["paths"].values():
            for operation in operations.values():
                # Who calls is decided here, not by schemathesis.
                operation.pop("security", None)
        schema = schemathesis.openapi.from_dict(document)
        schema.config.output.sanitization.update(enabled=False)
        by_label: dict[str, Any] = {
            one.ok().label: one.ok() for one in cast("Any", schema.get_all_operations())
        }
        self._schema = schema
        self.operations = {
            f"{method} {path}": by_label[f"{method} {path.replace(':path', '')}"]
            for method, path in operations_of(app)
        }
        self._expected = expected
        self._client = httpx.AsyncClient(
            transport=httpx.ASGITransport(app), base_url="http://documented"
        )
        self._keys = count()

    async def unreached(self, reaches: Mapping[str, Reach]) -> list[str]:
        """Operations that did not succeed, each with what was answered or what is to be added.

        What only reads must succeed for every role that may call it, else for ``by`` alone.
        """
        found = [
            f"{operation}: nobody says how it succeeds. Seed what it needs, and add a Reach of it."
            for operation in sorted(set(self.operations) - set(reaches))
        ]
        for operation, reach in reaches.items():
            for caller in [reach.by, *self._readers(operation, reach)]:
                case = self._case(operation, reach)
                answer = await self._send(case, caller)
                if isinstance(answer, str):
                    found.append(answer)
                    continue
                if not answer.is_success:
                    found.append(f"{operation} by {caller}: {answer.status_code} {answer.text}")
                found += _failures(case, answer, DOCUMENTED)
        return found

    async def faults(self, reaches: Mapping[str, Reach]) -> list[str]:
        """What is wrong with the answers to generated requests, about the seeded data and not."""
        found: list[str] = []
        for operation, reach in reaches.items():
            found += (await self._faults(operation, reach))[:MOST_SHOWN]
        return found

    async def _faults(self, operation: str, reach: Reach) -> list[str]:
        found: list[str] = []
        for number, case in enumerate(self._generated(operation, reach)):
            for group in self._groups(operation, reach):
                caller = group.tokens[number % len(group.tokens)]
                answer = await self._send(case, caller)
                if isinstance(answer, str):
                    found.append(answer)
                else:
                    found += self._judged(operation, case, group, answer)
        return found

    async def aclose(self) -> None:
        await self._client.aclose()

    def _may(self, operation: str) -> May | None:
        """Who may call it; None for everybody."""
        return None if operation in OPEN else self._expected[operation]

    def _readers(self, operation: str, reach: Reach) -> list[str]:
        expected = self._may(operation)
        if expected is None or not operation.startswith("GET"):
            return []
        return sorted(expected.roles if reach.seen_by is None else reach.seen_by)

    def _groups(self, operation: str, reach: Reach) -> list[Group]:
        expected = self._may(operation)
        if expected is None:
            return [Group("insiders", [NOBODY])]
        groups = [
            Group("insiders", [reach.by, *sorted(expected.roles)]),
            Group("of another school", [f"{role} elsewhere" for role in bound(expected)]),
            Group("outsiders", [NOBODY, *sorted(set(Role) - expected.roles)]),
        ]
        return [group for group in groups if group.tokens]

    def _judged(
        self, operation: str, case: Case, group: Group, answer: httpx.Response
    ) -> Iterator[str]:
        if case.method != operation.split(maxsplit=1)[0] and ":path}/" in operation:
            return  # what ends a POST's address is part of the key in a GET's
        rejecting = [checks.negative_data_rejection] if group.who == "insiders" else []
        yield from _failures(case, answer, [*DOCUMENTED, *rejecting])
        if case.method != operation.split(maxsplit=1)[0]:
            return
        if group.who == "outsiders" and answer.is_success:
            yield f"{operation} let {group.tokens} in: {answer.status_code}\n  {_again(case)}"
        fits = case.meta is not None and case.meta.generation.mode.is_positive
        if fits and answer.status_code == 422 and answer.json()["code"] == "invalid_request":
            yield f"{operation}: {answer.text}, but this fits the document\n  {_again(case)}"

    def _case(self, operation: str, reach: Reach) -> Case:
        body = {} if reach.body is None else {"body": reach.body, "media_type": reach.media_type}
        made: Case = self.operations[operation].Case(
            path_parameters=dict(reach.path),
            query=dict(reach.query),
            headers={**self._key(operation), **reach.headers},
            **body,
        )
        return made

    def _key(self, operation: str) -> dict[str, str]:
        takes_key = "Idempotency-Key" in {one.name for one in self.operations[operation].headers}
        return {"Idempotency-Key": f"key-of-the-tests-{next(self._keys)}"} if takes_key else {}

    def _generated(self, operation: str, reach: Reach) -> list[Case]:
        """The same ones each time: at random, at random about what is there, and at limits."""
        one = self.operations[operation]
        found: list[Case] = []
        for mode in BOTH_MODES:
            with suppress(Unsatisfiable):  # where nothing can be sent that is outside the document
                found += _examples(one.as_strategy(mode))
        if reach.path:
            about = one.as_strategy(path_parameters=dict(reach.path), headers=dict(reach.headers))
            found += _examples(about)
        at_limits = list(
            self._schema.iter_coverage_cases(
                one, generation_modes=BOTH_MODES, generation_config=self._schema.config.generation
            )
        )
        for case in at_limits:
            _put_in_what_is_there(case, reach)
        return [*found, *at_limits[:: 1 + len(at_limits) // AT_LIMITS]]

    async def _send(self, case: Case, caller: str) -> httpx.Response | str:
        """As it would go over the wire; each command with a key of its own, where it has one.

        What was raised instead of an answer is given in words.
        """
        wire = requests.Request(**case.as_transport_kwargs(base_url=str(self._client.base_url)))
        prepared = wire.prepare()
        headers = dict(prepared.headers)
        if 8 <= len(headers.get("Idempotency-Key", "")) <= 200:  # good, but perhaps used before
            headers["Idempotency-Key"] = f"key-of-the-tests-{next(self._keys)}"
        headers.pop("Authorization", None)
        if caller != NOBODY:
            headers["Authorization"] = f"Bearer {caller}"
        try:
            return await self._client.request(
                str(prepared.method),
                str(prepared.url),
                content=cast("bytes | str | None", prepared.body),
                headers=[(_bytes(name), _bytes(value)) for name, value in headers.items()],
            )
        except Exception as error:  # noqa: BLE001 - whatever it is, it is reported
            return f"{case.operation.label} by {caller}: {error!r}\n  {_again(case)}"


def _examples(strategy: Any) -> list[Case]:
    found: list[Case] = []

    @settings(
        max_examples=EACH_MODE,
        derandomize=True,
        database=None,
        deadline=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(case=strategy)
    def collect(case: Case) -> None:
        found.append(case)

    with _same_each_time():
        collect()
    return found


@contextmanager
def _same_each_time() -> Iterator[None]:
    """Hypothesis also draws constants from the source of whatever modules are loaded: not here."""
    kept = providers._get_local_constants, providers.CONSTANTS_CACHE
    providers._get_local_constants, providers.CONSTANTS_CACHE = Constants, LRUCache(1024)
    try:
        yield
    finally:
        providers._get_local_constants, providers.CONSTANTS_CACHE = kept


def _put_in_what_is_there(case: Case, reach: Reach) -> None:
    """Where it is not the address or a header that is tried, it is about the seeded data."""
    meta = case.meta
    if meta is None:
        return
    good = {where for where, component in meta.components.items() if component.mode.is_positive}
    if ParameterLocation.PATH in good:
        case.path_parameters.update(reach.path)
    if ParameterLocation.HEADER in good:
        case.headers.update(reach.headers)


def _failures(case: Case, answer: httpx.Response, wanted: list[Any]) -> Iterator[str]:
    if answer.is_server_error:
        yield f"{case.operation.label}: Server error {answer.text[:300]}\n  {_again(case)}"
    try:
        case.validate_response(answer, checks=wanted)
    except FailureGroup as group:
        for one in group.exceptions:
            said = f"{answer.status_code} {answer.text[:300]}"
            yield f"{one.operation}: {one.title}: {one.message}\n  {said}\n  {_again(case)}"


def _again(case: Case) -> str:
    return case.as_curl_command()[:1000]


def _bytes(text: str | bytes) -> bytes:
    return text if isinstance(text, bytes) else text.encode("latin-1", "replace")
