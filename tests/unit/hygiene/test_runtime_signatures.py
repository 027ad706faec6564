"""The runtime hides its libraries: no public signature shows Faust, a Kafka client or psycopg."""

import importlib
import inspect
import pkgutil
from collections.abc import Iterator
from types import ModuleType

import pytest

import hwb_runtime

HIDDEN = ("faust", "mode", "aiokafka", "confluent_kafka", "psycopg", "psycopg_pool")
INNER = ("hwb_runtime.kafka", "hwb_runtime.migrations", "hwb_runtime.alembic_environment")


def public_modules() -> list[str]:
    """Modules that services may import: what talks to Kafka itself is the runtime's own affair."""
    return [
        found.name
        for found in pkgutil.walk_packages(hwb_runtime.__path__, "hwb_runtime.")
        if not found.name.startswith(INNER)
    ]


def public_members(module: ModuleType) -> Iterator[tuple[str, object]]:
    for name, member in inspect.getmembers(module):
        defined_here = getattr(member, "__module__", None) == module.__name__
        if name.startswith("_") or not defined_here:
            continue
        yield name, member
        if inspect.isclass(member):
            for inner, method in inspect.getmembers(member, inspect.isfunction):
                if not inner.startswith("_") or inner == "__init__":
                    yield f"{name}.{inner}", method


def shown_types(member: object) -> str:
    if inspect.isclass(member):
        return repr(inspect.get_annotations(member)) + repr(member.__bases__)
    if inspect.isfunction(member):
        return repr(inspect.signature(member))
    return repr(type(member))


@pytest.mark.parametrize("name", public_modules())
def test_a_public_module_shows_none_of_the_hidden_libraries(name: str) -> None:
    module = importlib.import_module(name)
    found = [
        f"{name}.{member}: {library}"
        for member, value in public_members(module)
        if not member.endswith(".__init__") or not member.split(".")[0].startswith("_")
        for library in HIDDEN
        if f"{library}." in shown_types(value).replace("hwb_runtime.", "")
    ]
    assert found == []
