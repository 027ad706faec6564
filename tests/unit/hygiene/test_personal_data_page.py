"""docs/reference/personal-data.md names every store: no table and no topic is left out."""

import re
from itertools import pairwise

import pytest
from schemas.tools.topics import load_topics
from tests.support.repository import ROOT, repository_files

PAGE = (ROOT / "docs/reference/personal-data.md").read_text()
FOLDERS = {
    "Tables of every service": "libs/runtime/",
    "mis-ingest": "services/mis-ingest/",
    "identity": "services/identity/",
    "groups": "services/groups/",
    "notifier": "services/notifier/",
}
CREATED = re.compile(r"CREATE (?:UNLOGGED )?TABLE (?:IF NOT EXISTS )?([a-z_]+)")


def section(name: str) -> str:
    headings = [*re.finditer(r"^## (.+)$", PAGE, re.MULTILINE)]
    for heading, following in pairwise(headings):
        if heading.group(1) == name:
            return PAGE[heading.end() : following.start()]
    raise AssertionError(name)


def named_in(part: str) -> set[str]:
    return set(re.findall(r"^\| `([a-z_.]+)` \|", part, re.MULTILINE))


@pytest.mark.parametrize("part", FOLDERS)
def test_every_table_is_named_with_what_it_holds(part: str) -> None:
    migrations = [
        path.read_text()
        for path in repository_files(f"{FOLDERS[part]}*.py")
        if "/migrations/" in str(path)
    ]
    tables = {table for text in migrations for table in CREATED.findall(text)}
    assert tables
    assert named_in(section(part)) == tables


def test_every_topic_is_named_with_how_long_it_is_kept() -> None:
    part = section("Topics")
    assert named_in(part) == {topic.name for topic in load_topics()}
    for topic in load_topics():
        row = next(line for line in part.splitlines() if f"`{topic.name}`" in line)
        assert (f"{topic.retention_days} days" in row) == (topic.retention_days is not None)
        assert ("yes" in row) != topic.public
