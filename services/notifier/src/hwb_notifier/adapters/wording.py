"""Makes the mail about a case: Welsh, then English, as text and as HTML, in one message.

The header X-Hwb-Case-Key is percent-encoded, since folding would change blanks within it. The body
shows only the facts that the catalogue has a label for, so that what a service adds to a case is
not mailed before somebody has said how it reads.
"""

import re
import textwrap
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from email.message import EmailMessage
from email.utils import format_datetime
from urllib.parse import quote

from jinja2 import Environment, PackageLoader, StrictUndefined, select_autoescape

from hwb_notifier.adapters.catalogue import LANGUAGES, Catalogue, Language, Layout, catalogue
from hwb_notifier.application.ports import DueMail
from hwb_notifier.domain.kinds import RULES
from hwb_notifier.domain.recipients import Recipient
from hwb_runtime.clock import civil_date
from hwb_runtime.files import SchoolRegister

WIDTH = 72
_SCHOOL_NUMBER = re.compile(r"\d{7}")
_DAY = re.compile(r"(\d{4}-\d\d-\d\d)(?:[T ].*)?")


@dataclass(frozen=True, slots=True)
class Contact:
    """The Service Desk, as readers are told of it."""

    mail: str
    phone: str
    support_centre: str


@dataclass(frozen=True, slots=True)
class Part:
    """The message in one language."""

    code: Language
    layout: Layout
    subject: str
    happened: str
    about: tuple[tuple[str, str], ...]
    means: str
    to_do: tuple[str, ...]
    by_when: str
    help: str


class BilingualWording:
    """The Wording of the application."""

    def __init__(self, register: SchoolRegister, *, contact: Contact, sender: str) -> None:
        self._register = register
        self._contact = contact
        self._sender = sender
        self._catalogues = [catalogue(language) for language in LANGUAGES]
        loader = PackageLoader("hwb_notifier.adapters", "templates")
        templates = Environment(
            loader=loader,
            undefined=StrictUndefined,
            autoescape=select_autoescape(["html.j2"]),
            trim_blocks=True,
            lstrip_blocks=True,
        )
        templates.filters |= {"wrapped": _wrapped, "step": _step}
        self._text = templates.get_template("mail.txt.j2")
        self._html = templates.get_template("mail.html.j2")

    def compose(self, mail: DueMail, recipient: Recipient, *, at: datetime) -> EmailMessage:
        parts = [self._part(mail, words) for words in self._catalogues]
        message = EmailMessage()
        message["From"] = self._sender
        message["To"] = recipient.address
        message["Subject"] = self._subject(mail, parts)
        message["Date"] = format_datetime(at)
        message["Message-ID"] = mail.message_id
        if mail.message_id != mail.first_message_id:
            message["In-Reply-To"] = mail.first_message_id
            message["References"] = mail.first_message_id
        message["Auto-Submitted"] = "auto-generated"
        message["X-Hwb-Case-Key"] = quote(mail.case_key, safe="/:@")
        message["X-Hwb-Case-Kind"] = mail.kind.value
        message["X-Hwb-Audience"] = recipient.audience.value
        message.set_content(self._text.render(parts=parts), cte="quoted-printable")
        page = self._html.render(parts=parts)
        message.add_alternative(page, subtype="html", cte="quoted-printable")
        message["Content-Language"] = ", ".join(LANGUAGES)
        return message

    def _subject(self, mail: DueMail, parts: list[Part]) -> str:
        subject = " / ".join(part.subject for part in parts)
        return f"Hwb: {subject} ({mail.school})" if mail.school else f"Hwb: {subject}"

    def _part(self, mail: DueMail, words: Catalogue) -> Part:
        kind = words.kinds[mail.kind]
        due = civil_date(mail.raised_at) + timedelta(days=RULES[mail.kind].days)
        return Part(
            code=words.language,
            layout=words.layout,
            subject=kind.subject,
            happened=kind.happened,
            about=tuple(self._about(mail, words)),
            means=kind.means,
            to_do=kind.to_do,
            by_when=words.layout.by_when_text.format(date=_day(due, words)),
            help=words.layout.help_text.format(
                mail=self._contact.mail,
                phone=self._contact.phone,
                support_centre=self._contact.support_centre,
            ),
        )

    def _about(self, mail: DueMail, words: Catalogue) -> Iterator[tuple[str, str]]:
        stated = {name: value for name, value in mail.facts.items() if value}
        facts: Mapping[str, str] = {
            **stated,
            "case_key": mail.case_key,
            "raised_at": civil_date(mail.raised_at).isoformat(),
            **({"school": mail.school} if mail.school else {}),
        }
        for name, label in words.facts.items():
            if name in facts:
                value = words.values.get(f"{name}.{facts[name]}")
                yield label, value or self._shown(facts[name], words)

    def _shown(self, value: str, words: Catalogue) -> str:
        if ", " in value:
            return ", ".join(self._shown(part, words) for part in value.split(", "))
        if _SCHOOL_NUMBER.fullmatch(value) and (school := self._register.school(value)):
            name = school.name_cy if words.language == "cy" else school.name
            return f"{name} ({value})"
        if found := _DAY.fullmatch(value):
            return _day(date.fromisoformat(found[1]), words)
        return value


def _day(day: date, words: Catalogue) -> str:
    return f"{day.day} {words.months[day.month]} {day.year}"


def _wrapped(text: str) -> str:
    return textwrap.fill(text, WIDTH, break_long_words=False, break_on_hyphens=False)


def _step(text: str, number: int) -> str:
    return textwrap.fill(
        text,
        WIDTH,
        initial_indent=f"{number}. ",
        subsequent_indent="   ",
        break_long_words=False,
        break_on_hyphens=False,
    )
