"""docs/reference/mails: the demo's mails as they are read, one of each kind, as text and as pages.

``python -m docs.tools.mails build/demo/mail`` after a demo; needs Debian's chromium for the pictures.
"""

import re
import shutil
import subprocess
import sys
import tempfile
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path

PAGES = Path(__file__).parents[1] / "reference" / "mails"
LANGUAGES = {"cy": "Cymraeg", "en": "English"}
SHOWN_HEADERS = ("From", "To", "Subject", "Date", "Message-ID", "X-Hwb-Case-Kind", "X-Hwb-Audience")
DIGEST = "digest"
WIDTH = 760
SECONDS = 120
INTRODUCTION = """# Mails

One mail of each kind that the demo sends, as it arrived in its mailbox: schools, people and numbers are
made up. Each mail is in Welsh and English, as text (`.txt`, with the headers that a reader sees) and as a
page (`.html`); the pictures show the page in either language. Written by `python -m docs.tools.mails
build/demo/mail` after `make demo`; a test compares the words with those of the notifier's catalogues.
"""


class NoMailError(Exception):
    """There is no mail in the folder: play the demo first, and name its folder of mails."""


def kind_of(mail: EmailMessage) -> str:
    """The kind of case, or that it is a digest."""
    return str(mail["X-Hwb-Case-Kind"] or DIGEST)


def one_of_each(folder: Path) -> dict[str, EmailMessage]:
    """The first mail of each kind, by kind. Raises NoMailError."""
    found: dict[str, EmailMessage] = {}
    for path in sorted(folder.glob("*.eml")):
        mail = message_from_bytes(path.read_bytes(), policy=policy.default)
        found.setdefault(kind_of(mail), mail)
    if not found:
        raise NoMailError(f"{folder} has no mail: run `make demo`, then name its folder")
    return dict(sorted(found.items()))


def text_of(mail: EmailMessage) -> str:
    """Headers and text as a mail program shows them."""
    headers = [f"{name}: {mail[name]}" for name in SHOWN_HEADERS if mail[name]]
    lines = [*headers, "", *_part(mail, "plain").splitlines()]
    return "\n".join(line.rstrip() for line in lines) + "\n"


def page_of(mail: EmailMessage) -> str:
    """The page."""
    return "\n".join(line.rstrip() for line in _part(mail, "html").splitlines()) + "\n"


def index(mails: dict[str, EmailMessage]) -> str:
    """README.md of the folder."""
    lines = [INTRODUCTION]
    for kind, mail in mails.items():
        lines += [f"## `{kind}`\n", f"{mail['Subject']}\n"]
        lines += [f"[Text]({kind}.txt), [page]({kind}.html)\n"]
        lines += [f"![{kind}, {name}]({kind}.{code}.png)\n" for code, name in LANGUAGES.items()]
    return "\n".join(lines).rstrip() + "\n"


def picture(page: str, language: str, path: Path) -> None:
    """Draw one language of a page with Debian's chromium, as high as it is."""
    alone = page.replace(
        "</head>", f"<style>body > *:not(#{language}) {{display: none}}</style></head>"
    )
    measuring = "<script>document.title = document.documentElement.scrollHeight</script></body>"
    with tempfile.TemporaryDirectory() as folder:
        source = Path(folder) / "page.html"
        source.write_text(alone.replace("</body>", measuring))
        shown = _chromium(folder, f"--window-size={WIDTH},100", "--dump-dom", source.as_uri())
        height = re.search(r"<title>(\d+)</title>", shown)
        if height is None:
            raise RuntimeError(f"chromium did not say how high {path.name} is: {shown[:200]}")
        size = f"--window-size={WIDTH},{height[1]}"
        _chromium(folder, size, f"--screenshot={path}", "--hide-scrollbars", source.as_uri())


def _chromium(home: str, *arguments: str) -> str:
    program = shutil.which("chromium")
    if program is None:
        raise FileNotFoundError("chromium is not installed: apt-get install chromium")
    flags = ("--headless", "--no-sandbox", "--disable-gpu", "--disable-background-networking")
    command = [program, *flags, f"--user-data-dir={home}/profile", *arguments]
    ended = subprocess.run(  # noqa: S603 - a program of Debian's on a page of ours
        command, capture_output=True, text=True, timeout=SECONDS, check=True
    )
    return ended.stdout


def _part(mail: EmailMessage, kind: str) -> str:
    part = mail.get_body((kind,))
    return str(part.get_content()) if part else ""


def main(folder: str) -> int:
    """Write the folder anew."""
    mails = one_of_each(Path(folder))
    shutil.rmtree(PAGES, ignore_errors=True)
    PAGES.mkdir(parents=True)
    for kind, mail in mails.items():
        (PAGES / f"{kind}.txt").write_text(text_of(mail))
        (PAGES / f"{kind}.html").write_text(page_of(mail))
        for language in LANGUAGES:
            picture(page_of(mail), language, PAGES / f"{kind}.{language}.png")
    (PAGES / "README.md").write_text(index(mails))
    print(f"Written: {len(mails)} mails in {PAGES}.")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
