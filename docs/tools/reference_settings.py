"""docs/reference/settings.md: every setting of every service, from the settings classes."""

import ast
import importlib
import inspect
import json
from textwrap import dedent
from typing import Any

from pydantic.fields import FieldInfo
from pydantic_core import PydanticUndefined

from hwb_runtime.settings import ServiceSettings

SERVICES = ("mis-ingest", "identity", "groups", "notifier")

INTRODUCTION = """# Settings

Services read their settings from environment variables; a required one that is missing ends the
process at once and says which. Files (register, calendar) are read once, at the start.
"""

REHEARSAL = """## One machine: demo, tests, benchmarks

| variable | default | what it does |
| --- | --- | --- |
| `HWB_KAFKA` | the best there is | `docker`, `java`, `embedded` or a bootstrap address |
| `HWB_POSTGRES_URL` | embedded | a server on which databases may be created |
| `HWB_TIME_SCALE` | set by the demo | multiplies the emulators' quotas, divides polls and backoffs |
| `DEMO_EXIT` | | `1`: the demo ends after its table instead of staying up |
| `HWB_CRASH_AT` | | `<service>.<point>`: the process dies there once ([crash points](crash-points.md)) |
| `HWB_PAUSE_AT` | | `<service>.<point>`: the process stands still there once, until SIGCONT |
| `HWB_PROVIDER_CONTRACTS` | `../shared/data/provider-contracts` | what the emulators check requests against |
| `CI` | | `true`: tests refuse anything but Apache Kafka |
"""


def reference_settings() -> str:
    """The whole page."""
    common = _table(ServiceSettings, "HWB_<SERVICE>_", set(ServiceSettings.model_fields))
    parts = [INTRODUCTION, "## Every service\n", common, ""]
    for service in SERVICES:
        settings = _settings_of(service)
        own = [name for name in settings.model_fields if name not in ServiceSettings.model_fields]
        changed = [
            name
            for name, field in ServiceSettings.model_fields.items()
            if settings.model_fields[name].default != field.default
        ]
        prefix = settings.model_config.get("env_prefix", "")
        parts += [f"## {service}\n", _table(settings, prefix, {*own, *changed}), ""]
    return "\n".join([*parts, REHEARSAL])


def _settings_of(service: str) -> type[ServiceSettings]:
    module = importlib.import_module(f"hwb_{service.replace('-', '_')}.settings")
    settings: type[ServiceSettings] = module.Settings
    return settings


def _table(settings: type[ServiceSettings], prefix: str, names: set[str]) -> str:
    if not names:
        return f"None beside those of every service; prefix `{prefix}`."
    about = _attribute_docstrings(settings)
    rows = [
        f"| `{field.validation_alias or prefix + name.upper()}` | {_default(field)} | {about.get(name, '')} |"
        for name, field in settings.model_fields.items()
        if name in names
    ]
    return "\n".join(["| variable | default | what it does |", "| --- | --- | --- |", *rows])


def _default(field: FieldInfo) -> str:
    if field.is_required():
        return "required"
    default: Any = field.get_default(call_default_factory=True)
    if default == {} or default is PydanticUndefined or default is None or default == "":
        return ""
    return f"`{json.dumps(default) if isinstance(default, tuple) else default}`"


def _attribute_docstrings(settings: type[ServiceSettings]) -> dict[str, str]:
    """The string below each attribute: the class itself does not keep them."""
    found: dict[str, str] = {}
    for owner in reversed(settings.__mro__):
        if not issubclass(owner, ServiceSettings):
            continue
        body = ast.parse(dedent(inspect.getsource(owner))).body[0]
        if not isinstance(body, ast.ClassDef):
            continue
        for attribute, text in zip(body.body, body.body[1:], strict=False):
            if (
                isinstance(attribute, ast.AnnAssign)
                and isinstance(text, ast.Expr)
                and isinstance(text.value, ast.Constant)
            ):
                told = " ".join(str(text.value.value).split())
                found[ast.unparse(attribute.target)] = told.replace("|", "\\|").replace("``", "`")
    return found
