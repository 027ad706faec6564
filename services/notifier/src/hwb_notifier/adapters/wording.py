"""Makes the mail about a case, or about many: Welsh, then English, as text and as HTML.

The header X-Hwb-Case-Key is percent-encoded, since folding would change blanks within it. The body
shows only the facts that the catalogue has a label for, so that what a service adds to a case is
not mailed before somebody has said how it reads.
"""

import re
import textwrap
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from email.message import EmailMessage
from email.utils import format_datetime
from urllib.parse import quote

from jinja2 import Environment, PackageLoader, StrictUndefined, select_autoescape

from hwb_notifier.adapters.catalogue import LANGUAGES, Catalogue, Language, Layout, catalogue
from hwb_notifier.application.mail_ports import DueMail, Letter
from hwb_notifier.domain.kinds import RULES
from hwb_notifier.domain.recipients import Recipient, number_in
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
    undelivered: str | None


@dataclass(frozen=True, slots=True)
class Section:
    """All cases of one kind in a digest, in one language."""

    title: str
    happened: str
    means: str
    to_do: tuple[str, ...]
    cases: tuple[tuple[tuple[str, str], ...], ...]
    """Of each case what it is about, by when it should be done last."""


@dataclass(frozen=True, slots=True)
class DigestPart:
    """A digest in one language."""

    code: Language
    layout: Layout
    subject: str
    sections: tuple[Section, ...]
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
        self._templates = templates

    def compose(self, letter: Letter, recipient: Recipient, *, at: datetime) -> EmailMessage:
        message = EmailMessage()
        message["From"] = self._sender
        message["To"] = recipient.address
        message["Date"] = format_datetime(at)
        message["Message-ID"] = letter.message_id
        message["Auto-Submitted"] = "auto-generated"
        message["X-Hwb-Audience"] = recipient.audience.value
        if letter.digest_id is None:
            self._about_one(letter.mails[0], message)
        else:
            self._about_many(letter.mails, message)
        message["Content-Language"] = ", ".join(LANGUAGES)
        return message

    def _about_one(self, mail: DueMail, message: EmailMessage) -> None:
        parts = [self._part(mail, words) for words in self._catalogues]
        subject = " / ".join(part.subject for part in parts)
        message["Subject"] = f"Hwb: {subject} ({mail.school})" if mail.school else f"Hwb: {subject}"
        if mail.message_id != mail.first_message_id:
            message["In-Reply-To"] = mail.first_message_id
            message["References"] = mail.first_message_id
        message["X-Hwb-Case-Key"] = quote(mail.case_key, safe="/:@")
        message["X-Hwb-Case-Kind"] = mail.kind.value
        self._write("mail", parts, message)

    def _about_many(self, mails: Sequence[DueMail], message: EmailMessage) -> None:
        parts = [self._digest(mails, words) for words in self._catalogues]
        message["Subject"] = "Hwb: " + " / ".join(part.subject for part in parts)
        message["X-Hwb-Digest-Of"] = " ".join(_local_part(mail.message_id) for mail in mails)
        self._write("digest", parts, message)

    def _write(
        self, template: str, parts: Sequence[Part | DigestPart], message: EmailMessage
    ) -> None:
        text = self._templates.get_template(f"{template}.txt.j2").render(parts=parts)
        page = self._templates.get_template(f"{template}.html.j2").render(parts=parts)
        message.set_content(text, cte="quoted-printable")
        message.add_alternative(page, subtype="html", cte="quoted-printable")

    def _digest(self, mails: Sequence[DueMail], words: Catalogue) -> DigestPart:
        kinds = dict.fromkeys(mail.kind for mail in mails)
        sections = [
            self._section([mail for mail in mails if mail.kind is kind], words) for kind in kinds
        ]
        return DigestPart(
            code=words.language,
            layout=words.layout,
            subject=words.layout.digest_subject,
            sections=tuple(sections),
            help=self._help(words),
        )

    def _section(self, mails: Sequence[DueMail], words: Catalogue) -> Section:
        kind = words.kinds[mails[0].kind]
        return Section(
            title=kind.subject,
            happened=kind.happened,
            means=kind.means,
            to_do=kind.to_do,
            cases=tuple(self._case(mail, words) for mail in mails),
        )

    def _case(self, mail: DueMail, words: Catalogue) -> tuple[tuple[str, str], ...]:
        lines = [*self._about(mail, words), (words.layout.by_when, _day(_due(mail), words))]
        if mail.undelivered_to:
            office = self._office(mail.undelivered_to, words)
            lines.append((words.layout.undelivered_to, office))
        return tuple(lines)

    def _part(self, mail: DueMail, words: Catalogue) -> Part:
        kind = words.kinds[mail.kind]
        return Part(
            code=words.language,
            layout=words.layout,
            subject=kind.subject,
            happened=kind.happened,
            about=tuple(self._about(mail, words)),
            means=kind.means,
            to_do=kind.to_do,
            by_when=words.layout.by_when_text.format(date=_day(_due(mail), words)),
            help=self._help(words),
            undelivered=self._undelivered(mail, words),
        )

    def _help(self, words: Catalogue) -> str:
        return words.layout.help_text.format(
            mail=self._contact.mail,
            phone=self._contact.phone,
            support_centre=self._contact.support_centre,
        )

    def _undelivered(self, mail: DueMail, words: Catalogue) -> str | None:
        if mail.undelivered_to is None:
            return None
        office = self._office(mail.undelivered_to, words)
        return words.layout.undelivered.format(office=office)

    def _office(self, addressee: str, words: Catalogue) -> str:
        number = number_in(addressee)
        authority = self._register.authority(number)
        if authority is None:
            return self._shown(number, words)
        name = authority.name_cy if words.language == "cy" else authority.name
        return f"{name} ({number})"

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


def _due(mail: DueMail) -> date:
    return civil_date(mail.raised_at) + timedelta(days=RULES[mail.kind].days)


def _local_part(message_id: str) -> str:
    return message_id.strip("<>").partition("@")[0]


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
