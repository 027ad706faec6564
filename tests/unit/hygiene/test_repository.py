"""What the whole repository keeps to: spelling, names of modules, no addresses, no luck."""

import ast
import io
import re
import tokenize
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.support.repository import ROOT, repository_files, shown

# Written in parts, because the names themselves may be in no file, this one included.
REGISTRY_HOSTS = tuple(
    ".".join(parts)
    for parts in (
        ("pypi", "org"),
        ("files", "pythonhosted", "org"),
        ("registry", "npmjs", "org"),
        ("repo1", "maven", "org"),
        ("repo", "maven", "apache", "org"),
        ("deb", "debian", "org"),
        ("registry-1", "docker", "io"),
    )
)
AMERICAN = re.compile(
    r"\b(behaviors?|colors?|favors?|flavors?|honors?|neighbors?|centers?|analyz\w+|canceled"
    r"|labeled|modeling|traveled|fulfill|gray|catalogs?|defense|license[ds]?|organiz\w+"
    r"|recogniz\w+|summariz\w+|normaliz\w+|initializ\w+|synchroniz\w+|authoriz\w+|minimiz\w+)\b",
    re.IGNORECASE,
)
NAMES_OF_OTHERS = {"Authorization"}  # HTTP's header
VAGUE_NAMES = re.compile(r"(^|_)(utils?|helpers?|common|managers?|misc)(_|$)")
PROSE = ("*.md",)
OURS = ("libs/*.py", "services/*.py", "schemas/*.py", "tests/*.py", "docs/*.py")


def prose_of(path: Path) -> Iterator[tuple[int, str]]:
    """Lines of text that people wrote for people: documents whole, comments and docstrings."""
    text = path.read_text(errors="replace")
    if path.suffix != ".py":
        in_code = False
        for number, line in enumerate(text.splitlines(), 1):
            if line.lstrip().startswith("```"):
                in_code = not in_code
            elif not in_code:
                yield number, re.sub(r"`[^`]*`|\]\([^)]*\)|https?://\S+", "", line)
        return
    for token in tokenize.generate_tokens(io.StringIO(text).readline):
        if token.type == tokenize.COMMENT:
            yield token.start[0], re.sub(r"`[^`]*`", "", token.string)
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
            yield 0, re.sub(r"`[^`]*`", "", ast.get_docstring(node) or "")


def sleeps_without_condition(tree: ast.AST) -> Iterator[int]:
    """Lines of sleeps that no loop surrounds: whoever sleeps so hopes that it is long enough."""

    def visit(node: ast.AST, *, in_loop: bool) -> Iterator[int]:
        if isinstance(node, ast.Call) and not in_loop:
            name = ast.unparse(node.func)
            if name in {"time.sleep", "asyncio.sleep", "sleep"} and not (
                node.args and isinstance(node.args[0], ast.Constant) and node.args[0].value == 0
            ):
                yield node.lineno
        loops = in_loop or isinstance(node, ast.While | ast.For | ast.AsyncFor)
        for child in ast.iter_child_nodes(node):
            yield from visit(child, in_loop=loops)

    yield from visit(tree, in_loop=False)


def test_no_file_names_a_registrys_host() -> None:
    found = [
        f"{shown(path)}: {host}"
        for path in repository_files()
        for host in REGISTRY_HOSTS
        if host in path.read_text(errors="replace")
    ]
    assert found == []


def test_the_lock_pins_and_hashes_every_package_and_none_of_ours() -> None:
    lock = (ROOT / "requirements/dev.txt").read_text()
    packages = [line for line in lock.splitlines() if re.match(r"[a-zA-Z0-9]", line)]
    assert packages
    assert all("==" in line for line in packages)
    assert lock.count("--hash=sha256:") >= len(packages)
    assert not [line for line in packages if line.startswith("hwb-")]


def test_people_read_british_spelling() -> None:
    found = [
        f"{shown(path)}:{number}: {word.group()}"
        for path in repository_files(*PROSE, *OURS)
        if path != Path(__file__)
        for number, line in prose_of(path)
        for word in AMERICAN.finditer(line)
        if word.group() not in NAMES_OF_OTHERS
    ]
    assert found == []


def test_no_module_has_a_name_that_says_nothing() -> None:
    modules = [path for path in repository_files(*OURS) if VAGUE_NAMES.search(path.stem)]
    assert [shown(path) for path in modules] == []


def test_every_module_opens_with_a_sentence() -> None:
    found = [
        shown(path)
        for path in repository_files(*OURS)
        if path.stat().st_size
        and not (ast.get_docstring(ast.parse(path.read_text())) or "").strip()
    ]
    assert found == []


def test_every_error_has_a_name_and_a_docstring_that_say_so() -> None:
    found = []
    for path in repository_files("libs/*.py", "services/*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            if not isinstance(node, ast.ClassDef):
                continue
            is_error = any(
                ast.unparse(base).endswith(("Error", "Exception")) for base in node.bases
            )
            if is_error and not (node.name.endswith("Error") and ast.get_docstring(node)):
                found.append(f"{shown(path)}: {node.name}")
    assert found == []


def test_tests_are_no_packages_and_use_fakes() -> None:
    packages = [shown(path) for path in repository_files("tests/**/__init__.py")]
    assert packages == ["tests/e2e/__init__.py"], "that one's year must end with its tests"
    mocks = [
        shown(path)
        for path in repository_files("tests/*.py")
        if re.search(r"unittest\.mock|import mock|MagicMock\(|mocker", path.read_text())
        and path != Path(__file__)
    ]
    assert mocks == []


def test_no_test_sleeps_for_luck() -> None:
    found = [
        f"{shown(path)}:{line}"
        for path in repository_files("tests/*.py")
        if not shown(path).startswith("tests/bench/")  # programs that measure, no tests
        for line in sleeps_without_condition(ast.parse(path.read_text()))
    ]
    assert found == []


@pytest.mark.parametrize("statement", ["time.sleep(1)", "await asyncio.sleep(0.2)"])
def test_a_sleep_for_luck_is_seen(statement: str) -> None:
    assert list(sleeps_without_condition(ast.parse(f"async def test_it():\n    {statement}")))


def test_no_file_leaves_work_for_later() -> None:
    words = re.compile(r"\b(" + "TO" + "DO|FIX" + "ME|X" + r"XX)\b")
    found = [
        f"{shown(path)}: {word.group()}"
        for path in repository_files()
        for word in words.finditer(path.read_text(errors="replace"))
        if "requirements/" not in shown(path)
    ]
    assert found == []
