"""Two import-linter contracts that its own kinds do not express: allow-lists, not block-lists.

A block-list lets the next package through; these two name what is allowed and refuse the rest.
"""

import sys
from re import Pattern
from re import compile as compile_pattern
from typing import Any

from grimp import ImportGraph
from importlinter import Contract, ContractCheck, fields, output


class _AllowListContract(Contract):
    """What both have in common: how a refused import is reported."""

    def illegal_imports(self, graph: ImportGraph) -> list[tuple[str, str]]:
        """Pairs of (importer, imported) that the contract refuses."""
        raise NotImplementedError

    def check(self, graph: ImportGraph, verbose: bool) -> ContractCheck:  # noqa: ARG002, FBT001 - import-linter calls it so
        illegal = [
            (importer, imported, _lines(graph, importer, imported))
            for importer, imported in self.illegal_imports(graph)
        ]
        return ContractCheck(kept=not illegal, metadata={"illegal": illegal})

    def render_broken_contract(self, check: ContractCheck) -> None:
        for importer, imported, lines in check.metadata["illegal"]:
            output.print_error(f"- {importer} -> {imported} (l.{lines})", bold=False)
        output.new_line()


class ConfinedContract(_AllowListContract):
    """Packages that only the named modules, and what is below them, may import directly."""

    packages: Any = fields.SetField(subfield=fields.StringField())
    allowed_importers: Any = fields.SetField(subfield=fields.StringField())

    def illegal_imports(self, graph: ImportGraph) -> list[tuple[str, str]]:
        allowed = [_pattern(str(expression)) for expression in self.allowed_importers]
        found = [name for name in graph.modules if _root(name) in self.packages]
        return sorted(
            (importer, imported)
            for imported in found
            for importer in graph.find_modules_that_directly_import(imported)
            if _root(importer) not in self.packages
            and not any(pattern.fullmatch(importer) for pattern in allowed)
        )


class PureContract(_AllowListContract):
    """Modules that may import the standard library, the named packages and each other alone."""

    modules: Any = fields.SetField(subfield=fields.StringField())
    allowed_packages: Any = fields.SetField(
        subfield=fields.StringField(), required=False, default=set()
    )

    def illegal_imports(self, graph: ImportGraph) -> list[tuple[str, str]]:
        pure = [_pattern(str(expression)) for expression in self.modules]
        allowed = sys.stdlib_module_names | self.allowed_packages
        return sorted(
            (importer, imported)
            for importer in graph.modules
            for pattern in pure
            if (match := pattern.fullmatch(importer))
            for imported in graph.find_modules_directly_imported_by(importer)
            if _root(imported) not in allowed and not _below(imported, match.group("stem"))
        )


def _pattern(expression: str) -> Pattern[str]:
    """``a.*.b`` as a pattern that also matches what is below it; ``stem`` is the part named."""
    stem = expression.replace(".", r"\.").replace("*", r"[^.]+")
    return compile_pattern(rf"(?P<stem>{stem})(\..+)?")


def _root(module: str) -> str:
    return module.partition(".")[0]


def _below(module: str, package: str) -> bool:
    return module == package or module.startswith(f"{package}.")


def _lines(graph: ImportGraph, importer: str, imported: str) -> str:
    details = graph.get_import_details(importer=importer, imported=imported)
    return ", ".join(str(detail["line_number"]) for detail in details)
