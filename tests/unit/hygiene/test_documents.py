"""Documents point only at what is there: files, headings, commands."""

import re
from pathlib import Path

import pytest
from tests.support.repository import ROOT, repository_files, shown

LINK = re.compile(r"\]\((?!https?://|mailto:)([^)\s]+)\)")
MAKE = re.compile(r"`(?:[A-Z_]+=\S+ )*make ([a-z][a-z-]*)`")
DOCUMENTS = repository_files("*.md")


def anchors_of(text: str) -> set[str]:
    """Anchors of headings, as the forges make them."""
    headings = re.findall(r"^#+ (.+)$", text, re.MULTILINE)
    plain = [re.sub(r"[`*]|\[|\]\([^)]*\)", "", heading) for heading in headings]
    return {re.sub(r"[^\w\- ]", "", heading).strip().lower().replace(" ", "-") for heading in plain}


@pytest.mark.parametrize("document", DOCUMENTS, ids=shown)
def test_every_link_of_a_document_leads_somewhere(document: Path) -> None:
    broken = []
    for link in LINK.findall(document.read_text()):
        path, _, anchor = link.partition("#")
        target = (document.parent / path).resolve() if path else document
        if not target.exists() or (
            anchor and target.suffix == ".md" and anchor not in anchors_of(target.read_text())
        ):
            broken.append(link)
    assert broken == []


def test_every_make_command_of_the_documents_is_there() -> None:
    targets = set(re.findall(r"^([a-z][a-z-]*):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    named = {
        (shown(document), command)
        for document in DOCUMENTS
        for command in MAKE.findall(document.read_text())
    }
    assert named
    assert {(where, command) for where, command in named if command not in targets} == set()


def test_the_readme_begins_with_what_it_needs_and_the_two_commands() -> None:
    beginning = (ROOT / "README.md").read_text().splitlines()[:8]
    assert beginning[2].startswith("Needs Python 3.11")
    assert any("make demo" in line for line in beginning)
    assert any("make test" in line for line in beginning)
