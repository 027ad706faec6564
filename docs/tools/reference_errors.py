"""docs/reference/errors.md: what each error means and what to do, from where it is raised."""

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[2]
PARTS = {
    "Every service": "libs/runtime/src",
    "mis-ingest": "services/mis-ingest/src",
    "identity": "services/identity/src",
    "groups": "services/groups/src",
    "notifier": "services/notifier/src",
    "Provisioning Client": "libs/provisioning-client/src",
}

INTRODUCTION = """# Errors

APIs answer every error as `application/problem+json` (RFC 9457): `title` and `detail` say what
happened and what to do, `code` is for programs and stays the same. Commands may be sent again with
the same `Idempotency-Key`; 503 comes with `Retry-After`. In logs and at the command line errors have
the names below.
"""


@dataclass(frozen=True, slots=True)
class ProblemCode:
    """One kind of answer other than success."""

    code: str
    status: str
    title: str


def reference_errors() -> str:
    """The whole page."""
    return "\n".join([INTRODUCTION, *[_section(name, ROOT / path) for name, path in PARTS.items()]])


def problem_codes(tree: ast.AST) -> Iterator[ProblemCode]:
    """Calls that name a ``code`` and a ``title`` by keyword, as every ProblemError does."""
    for node in ast.walk(tree):
        if not isinstance(node, ast.Call):
            continue
        told = {keyword.arg: keyword.value for keyword in node.keywords}
        code, title, status = told.get("code"), told.get("title"), told.get("status")
        if isinstance(code, ast.Constant) and title is not None:
            yield ProblemCode(str(code.value), _text(status), _text(title))


def error_classes(tree: ast.AST) -> Iterator[tuple[str, str]]:
    """Errors with their docstrings, which tell the operator what to do."""
    for node in ast.walk(tree):
        if isinstance(node, ast.ClassDef) and node.name.endswith("Error"):
            yield node.name, " ".join((ast.get_docstring(node) or "").replace("``", "`").split())


def _section(name: str, folder: Path) -> str:
    codes: dict[str, ProblemCode] = {}
    classes: dict[str, str] = {}
    for path in sorted(folder.rglob("*.py")):
        tree = ast.parse(path.read_text())
        codes.update((found.code, found) for found in problem_codes(tree))
        classes.update(error_classes(tree))
    lines = [f"## {name}\n"]
    if codes:
        lines += ["| code | status | what happened |", "| --- | --- | --- |"]
        lines += [
            f"| `{code}` | {found.status} | {found.title} |"
            for code, found in sorted(codes.items())
        ]
        lines.append("")
    if classes:
        lines += ["| error | what it means, what to do |", "| --- | --- |"]
        lines += [f"| `{error}` | {about} |" for error, about in sorted(classes.items())]
        lines.append("")
    return "\n".join(lines)


def _text(node: ast.expr | None) -> str:
    """What a constant or an f-string says; a value put in at run time shows as an ellipsis."""
    if node is None:
        return ""
    if isinstance(node, ast.JoinedStr):
        return "".join(
            str(part.value) if isinstance(part, ast.Constant) else "…" for part in node.values
        )
    return str(node.value) if isinstance(node, ast.Constant) else "…"
