"""The mails in docs/reference/mails say what the notifier says today, in both languages."""

import re
from email.message import EmailMessage
from html import unescape
from pathlib import Path

import pytest
from docs.tools.mails import LANGUAGES, PAGES, NoMailError, index, one_of_each, page_of, text_of

from hwb_notifier.adapters.catalogue import catalogue
from hwb_schemas.words import CaseKind

SHOWN = sorted(path.stem for path in PAGES.glob("*.txt"))
PNG = b"\x89PNG\r\n\x1a\n"
DEMO_RAISES = {
    "pending_too_long",
    "record_missing",
    "rejected_rows",
    "run_held",
    "staff_transfer_requested",
}


def words_of(kind: str) -> list[str]:
    """What the catalogues say of a kind; of a digest, what every digest says."""
    if kind == "digest":
        layouts = [catalogue(language).layout for language in ("cy", "en")]
        return [text for one in layouts for text in (one.digest_subject, one.digest_text)]
    both = [catalogue(language).kinds[CaseKind(kind)] for language in ("cy", "en")]
    return [text for one in both for text in (one.subject, one.happened, one.means, *one.to_do)]


def flat(text: str) -> str:
    return " ".join(text.split())


def test_every_kind_that_the_demo_raises_is_shown() -> None:
    assert set(SHOWN) >= DEMO_RAISES


@pytest.mark.parametrize("kind", SHOWN)
def test_a_mail_is_shown_in_the_words_of_today(kind: str) -> None:
    text = flat((PAGES / f"{kind}.txt").read_text())
    page = flat(unescape(re.sub(r"<[^>]+>", " ", (PAGES / f"{kind}.html").read_text())))
    for words in words_of(kind):
        assert words in text
        assert words in page


@pytest.mark.parametrize("kind", SHOWN)
@pytest.mark.parametrize("language", LANGUAGES)
def test_each_language_has_its_picture(kind: str, language: str) -> None:
    picture = (PAGES / f"{kind}.{language}.png").read_bytes()

    assert picture.startswith(PNG)
    width, height = (int.from_bytes(picture[n : n + 4]) for n in (16, 20))
    assert width == 760
    assert height > 400


def test_the_index_shows_every_file_and_no_other() -> None:
    page = (PAGES / "README.md").read_text()
    named = set(re.findall(r"\]\(([\w.]+)\)", page))

    assert named == {path.name for path in PAGES.iterdir()} - {"README.md"}


def test_nobody_of_flesh_and_blood_is_written_to() -> None:
    for kind in SHOWN:
        (to,) = re.findall(r"^To: (.+)$", (PAGES / f"{kind}.txt").read_text(), re.MULTILINE)
        assert to == "hwb@gov.wales" or to.endswith((".example", ".invalid", "example.org")), to


def mail(kind: str, number: int) -> EmailMessage:
    made = EmailMessage()
    made["Subject"] = f"Number {number}"
    made["X-Hwb-Case-Kind"] = kind
    made.set_content("Text \n")
    made.add_alternative("<p>Page</p>\n", subtype="html")
    return made


def test_the_first_of_each_kind_is_shown(tmp_path: Path) -> None:
    with pytest.raises(NoMailError, match="make demo"):
        one_of_each(tmp_path)
    for number, kind in enumerate(("run_held", "rejected_rows", "run_held")):
        (tmp_path / f"{number}.eml").write_bytes(bytes(mail(kind, number)))
    found = one_of_each(tmp_path)

    assert list(found) == ["rejected_rows", "run_held"]
    held = found["run_held"]
    assert text_of(held) == "Subject: Number 0\nX-Hwb-Case-Kind: run_held\n\nText\n"
    assert page_of(held) == "<p>Page</p>\n"
    assert "![run_held, Cymraeg](run_held.cy.png)" in index(found)
