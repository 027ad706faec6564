"""The direction of imports is kept, and a violation of each contract is seen."""

import os
import shutil
import subprocess
import sys
from collections.abc import Mapping
from configparser import ConfigParser
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]
LINT_IMPORTS = Path(sys.executable).with_name("lint-imports")
SOURCES = ("schemas/src", "libs/*/src", "services/*/src")

# One violation a contract, by the contract's section in .importlinter: module and what it imports.
PLANTED = {
    "kafka": ("hwb_identity/application/planted_kafka.py", "import faust"),
    "psycopg": ("hwb_groups/application/planted_psycopg.py", "import psycopg"),
    "fastapi": ("hwb_notifier/application/planted_fastapi.py", "import fastapi"),
    "domain": ("hwb_identity/domain/planted_domain.py", "import structlog"),
    "schemas": ("hwb_schemas/planted_schemas.py", "import yaml"),
    "services": ("hwb_groups/application/planted_service.py", "import hwb_identity"),
    "runtime": ("hwb_runtime/planted_runtime.py", "import hwb_identity"),
    "rehearsal": ("hwb_rehearsal/planted_rehearsal.py", "import hwb_runtime"),
    "client": ("hwb_provisioning_client/planted_client.py", "import hwb_runtime"),
    "layers": (
        "hwb_notifier/domain/planted_layers.py",
        "import hwb_notifier.entrypoints.planted_entrypoint",
    ),
}


def lint_imports(*, sources: Path | None = None) -> subprocess.CompletedProcess[str]:
    environment: Mapping[str, str] = os.environ
    if sources is not None:
        environment = {**os.environ, "PYTHONPATH": str(sources)}
    return subprocess.run(  # noqa: S603 - our own tool
        [str(LINT_IMPORTS), "--no-logo", "--no-cache"],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )


def broken_contracts(output: str) -> set[str]:
    """Sections of .importlinter whose contract the output reports as broken."""
    settings = ConfigParser()
    settings.read(ROOT / ".importlinter")
    joined = " ".join(output.split())
    prefix = "importlinter:contract:"
    return {
        section.removeprefix(prefix)
        for section in settings.sections()
        if section.startswith(prefix) and f"{settings[section]['name']} BROKEN" in joined
    }


@pytest.fixture(scope="module")
def copied_sources(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Every package of ours side by side, which PYTHONPATH puts before the installed ones."""
    target = tmp_path_factory.mktemp("sources")
    for pattern in SOURCES:
        for source in ROOT.glob(pattern):
            shutil.copytree(
                source,
                target,
                dirs_exist_ok=True,
                ignore=shutil.ignore_patterns("__pycache__"),
            )
    return target


def plant(sources: Path, module: str, statement: str) -> None:
    path = sources / module
    path.parent.mkdir(parents=True, exist_ok=True)
    (path.parent / "__init__.py").touch()
    path.write_text(f'"""Planted."""\n\n{statement}\n')


def test_the_imports_of_this_tree_keep_every_contract() -> None:
    result = lint_imports()
    assert result.returncode == 0, result.stdout


def test_a_planted_violation_of_each_contract_is_seen(copied_sources: Path) -> None:
    plant(copied_sources, "hwb_notifier/entrypoints/planted_entrypoint.py", "import json")
    for module, statement in PLANTED.values():
        plant(copied_sources, module, statement)

    result = lint_imports(sources=copied_sources)

    assert result.returncode != 0
    assert broken_contracts(result.stdout) == set(PLANTED), result.stdout
    for module, _ in PLANTED.values():
        assert Path(module).stem in result.stdout


def test_every_contract_has_a_planted_violation() -> None:
    settings = ConfigParser()
    settings.read(ROOT / ".importlinter")
    prefix = "importlinter:contract:"
    sections = {s.removeprefix(prefix) for s in settings.sections() if s.startswith(prefix)}
    assert sections == set(PLANTED)
