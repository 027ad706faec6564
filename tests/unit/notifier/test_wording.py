"""Every kind of case reads well in both languages, and says no more than the reader may know."""

import re
import tomllib
from dataclasses import replace
from datetime import UTC, datetime
from email.message import EmailMessage
from html.parser import HTMLParser
from importlib.resources import files

import pytest

from hwb_notifier.adapters import catalogue as catalogue_package
from hwb_notifier.adapters.catalogue import LANGUAGES, KindWording, catalogue
from hwb_notifier.adapters.wording import BilingualWording, Contact
from hwb_notifier.application.mail_ports import DueMail, Letter
from hwb_notifier.domain.kinds import RULES, Audience
from hwb_notifier.domain.recipients import SERVICE_DESK, Recipient, addressee_of, recipient_of
from hwb_runtime.files import SchoolRegister
from hwb_schemas.register import ClientManager
from hwb_schemas.words import CaseKind

RAISED = datetime(2022, 8, 16, 23, 30, tzinfo=UTC)  # the 17th in Wales
SAME_IN_BOTH = {"Staff", "Microsoft Teams", "Google Classroom"}
"""Words and names that Welsh and English share."""


def texts(words: KindWording) -> list[str]:
    return [words.subject, words.happened, words.means, *words.to_do]


def due(kind: CaseKind = CaseKind.REJECTED_ROWS, **facts: str) -> DueMail:
    return DueMail(
        mail_id=1,
        message_id="<abc.1@hwb.example>",
        first_message_id="<abc.1@hwb.example>",
        case_key="mis-ingest/rejected_rows/6781234",
        kind=kind,
        school="6781234",
        facts=facts,
        raised_at=RAISED,
        failures=0,
        addressee="school/6781234",
    )


def compose(register: SchoolRegister, *mails: DueMail) -> EmailMessage:
    """The mail about one case, or the digest of several."""
    contact = Contact("hwb@gov.wales", "03000 25 25 25", "https://hwb.gov.wales/support-centre")
    wording = BilingualWording(register, contact=contact, sender="Hwb <no-reply@hwb.gov.wales>")
    recipient = Recipient(Audience.SCHOOL, "office@abersychan.example")
    letter = Letter(mails[0].message_id, mails[0].addressee, mails, failures=0)
    if len(mails) > 1:
        letter = replace(letter, message_id="<abc.d1@hwb.example>", digest_id=1)
    return wording.compose(letter, recipient, at=RAISED)


def text_of(message: EmailMessage) -> str:
    part = message.get_body(("plain",))
    assert part is not None
    return str(part.get_content())


def html_of(message: EmailMessage) -> str:
    part = message.get_body(("html",))
    assert part is not None
    return str(part.get_content())


@pytest.mark.parametrize("kind", list(CaseKind))
def test_every_kind_has_a_rule_and_wording_in_both_languages(kind: CaseKind) -> None:
    welsh, english = (catalogue(language).kinds[kind] for language in ("cy", "en"))

    assert RULES[kind].days > 0
    assert len(welsh.to_do) == len(english.to_do) > 0
    for one, other in zip(texts(welsh), texts(english), strict=True):
        assert one.strip()
        assert other.strip()
        assert one != other


def test_both_catalogues_say_the_same_things_and_nothing_is_left_untranslated() -> None:
    welsh, english = catalogue("cy"), catalogue("en")
    pairs = [
        *zip(welsh.facts.values(), english.facts.values(), strict=True),
        *zip(welsh.values.values(), english.values.values(), strict=True),
        *zip(welsh.months.values(), english.months.values(), strict=True),
        *zip(welsh.layout.model_dump().values(), english.layout.model_dump().values(), strict=True),
    ]

    assert list(welsh.facts) == list(english.facts)
    assert list(welsh.values) == list(english.values)
    assert {one for one, other in pairs if one == other} <= SAME_IN_BOTH


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_text_is_left_of_a_kind_that_has_gone_and_none_waits_for_a_translator(
    language: str,
) -> None:
    source = files(catalogue_package).joinpath(f"{language}.toml").read_text(encoding="utf-8")

    assert set(tomllib.loads(source)["kinds"]) == {kind.value for kind in CaseKind}
    assert not re.search(r"\bfuzzy\b|\?\?", source)


def test_placeholders_are_the_same_in_both_languages() -> None:
    for name, english in catalogue("en").layout.model_dump().items():
        welsh = catalogue("cy").layout.model_dump()[name]
        assert set(re.findall(r"{\w+}", welsh)) == set(re.findall(r"{\w+}", english))


@pytest.mark.parametrize("kind", list(CaseKind))
def test_a_mail_says_what_happened_what_to_do_by_when_and_where_to_get_help(
    register: SchoolRegister, kind: CaseKind
) -> None:
    message = compose(register, due(kind))
    for body in (text_of(message), html_of(message)):
        flat = " ".join(body.split())
        assert flat.index("Beth ddigwyddodd") < flat.index("What happened")
        for heading in ("What it means", "What to do", "By when", "Beth i", "Erbyn pryd"):
            assert heading in flat
        assert flat.count("03000 25 25 25") == 2
        assert "mis-ingest/rejected_rows/6781234" in flat


def test_dates_are_civil_dates_in_wales_in_each_language(register: SchoolRegister) -> None:
    body = text_of(compose(register, due()))

    assert "Codwyd ar: 17 Awst 2022" in body
    assert "Raised on: 17 August 2022" in body
    assert "erbyn 20 Awst 2022" in body
    assert "by 20 August 2022" in body


def test_a_school_is_named_in_each_language(register: SchoolRegister) -> None:
    body = text_of(compose(register, due()))

    assert "Ysgol: Ysgol Gynradd Abersychan (6781234)" in body
    assert "School: Abersychan Primary (6781234)" in body


def test_several_schools_are_each_named_in_each_language(register: SchoolRegister) -> None:
    body = text_of(compose(register, due(CaseKind.CONTESTED_CLAIM, schools="6781234, 6999999")))
    flat = " ".join(body.split())

    assert "hawlio'r dysgwr: Ysgol Gynradd Abersychan (6781234), 6999999" in flat
    assert "claim the learner: Abersychan Primary (6781234), 6999999" in flat


def test_only_facts_that_have_a_label_are_mailed(register: SchoolRegister) -> None:
    body = text_of(compose(register, due(rejected="3", surname="Llywelyn")))

    assert "Rows rejected: 3" in body
    assert "Llywelyn" not in body


def test_a_code_is_put_into_words_of_each_language(register: SchoolRegister) -> None:
    mail = due(CaseKind.GROUP_OPERATION_FAILED, operation="archive", reason="no_owner")
    body = text_of(compose(register, mail))

    assert "What was tried: archive it" in body
    assert "Rheswm: mae cyfrif ei berchennog wedi'i gau" in body


def test_what_a_fact_holds_is_text_in_html_and_never_markup(register: SchoolRegister) -> None:
    page = html_of(compose(register, due(reason="<b>no owner</b> & none")))

    assert "&lt;b&gt;no owner&lt;/b&gt; &amp; none" in page


def test_the_page_is_well_formed_and_each_language_is_marked(register: SchoolRegister) -> None:
    class Tags(HTMLParser):
        open_tags: list[str]
        languages: list[str | None]

        def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
            self.languages += [value for name, value in attrs if name == "lang"]
            if tag not in {"meta", "hr"}:
                self.open_tags.append(tag)

        def handle_endtag(self, tag: str) -> None:
            assert self.open_tags.pop() == tag

    tags = Tags()
    tags.open_tags, tags.languages = [], []
    tags.feed(html_of(compose(register, due())))

    assert tags.open_tags == []
    assert tags.languages == ["cy", "en", "cy", "en"]


def test_a_later_opening_belongs_to_the_thread_of_the_first(register: SchoolRegister) -> None:
    first = compose(register, due())
    again = DueMail(
        mail_id=2,
        message_id="<abc.2@hwb.example>",
        first_message_id="<abc.1@hwb.example>",
        case_key="k",
        kind=CaseKind.REJECTED_ROWS,
        school=None,
        facts={},
        raised_at=RAISED,
        failures=0,
        addressee="school/6781234",
    )

    assert first["References"] is None
    assert compose(register, again)["References"] == "<abc.1@hwb.example>"


def test_the_mail_goes_to_whom_the_kind_says(register: SchoolRegister) -> None:
    school, authority = register.school("6781234"), register.authority("678")
    offices = [
        addressee_of(audience, school=school, authority=authority)
        for audience in (Audience.SCHOOL, Audience.AUTHORITY, Audience.SERVICE_DESK)
    ]
    found = [
        recipient_of(one, school=school, authority=authority, service_desk="hwb@gov.wales")
        for one in offices
    ]

    assert offices == ["school/6781234", "authority/678", "service_desk"]
    assert [one.address for one in found] == [
        "office@abersychan.example",
        "education@torfaen.example",
        "hwb@gov.wales",
    ]


@pytest.mark.parametrize(
    ("manager", "office"),
    [
        (ClientManager.LOCAL_AUTHORITY, "authority/678"),
        (ClientManager.SCHOOL_IT_TEAM, "school/6781234"),
        (ClientManager.THIRD_PARTY, "school/6781234"),
    ],
)
def test_a_client_managed_by_the_authority_is_its_to_run_any_other_the_school_s(
    register: SchoolRegister, manager: ClientManager, office: str
) -> None:
    school = register.school("6781234")
    assert school is not None
    managed = school.model_copy(update={"client_managed_by": manager})

    found = addressee_of(
        Audience.CLIENT_MANAGER, school=managed, authority=register.authority("678")
    )
    assert found == office


@pytest.mark.parametrize("audience", list(Audience))
def test_a_school_that_is_not_registered_is_left_to_the_service_desk(audience: Audience) -> None:
    assert addressee_of(audience, school=None, authority=None) == SERVICE_DESK


@pytest.mark.parametrize("office", ["school/6781234", "authority/678", "service_desk"])
def test_an_office_that_has_left_the_register_is_left_to_the_service_desk(office: str) -> None:
    found = recipient_of(office, school=None, authority=None, service_desk="hwb@gov.wales")

    assert found == Recipient(Audience.SERVICE_DESK, "hwb@gov.wales")


def test_a_digest_explains_each_kind_once_and_lists_every_case(register: SchoolRegister) -> None:
    mails = [
        due(rejected="3"),
        replace(due(rejected="4"), case_key="mis-ingest/rejected_rows/6781235"),
        due(CaseKind.RECORD_MISSING, missing="5"),
    ]
    message = compose(register, *mails)

    assert message["Subject"] == (
        "Hwb: Mae sawl achos yn aros amdanoch / Several cases wait for you"
    )
    assert message["Message-ID"] == "<abc.d1@hwb.example>"
    assert message["X-Hwb-Digest-Of"] == "abc.1 abc.1 abc.1"
    for body in (text_of(message), html_of(message)):
        flat = " ".join(body.split())
        english = flat[flat.index("More messages than we send") :]
        assert english.count("Some rows could not be used") == 1
        assert english.count("no leaving date was given for them") == 1
        assert english.count("17 August 2022") == 3
        for key in ("rejected_rows/6781234", "rejected_rows/6781235"):
            assert key in english
        assert flat.index("Mae sawl achos") < flat.index("More messages than we send")
    text = text_of(message)
    for line in ("Rows rejected: 3", "Rows rejected: 4", "Records missing: 5"):
        assert line in text
    assert "By when: 20 August 2022" in text
    assert "By when: 22 August 2022" in text


def test_who_could_not_be_reached_is_named_in_each_language(register: SchoolRegister) -> None:
    to_school = replace(due(rejected="678"), undelivered_to="school/6781234")
    to_authority = replace(due(CaseKind.PENDING_TOO_LONG), undelivered_to="authority/678")
    school, authority = (
        " ".join(text_of(compose(register, one)).split()) for one in (to_school, to_authority)
    )

    assert "danfon y neges hon at Ysgol Gynradd Abersychan (6781234)" in school
    assert "could not be delivered to Abersychan Primary (6781234)" in school
    assert "Rows rejected: 678 " in school, "a number is no authority's code"
    assert "danfon y neges hon at Tor-faen (678)" in authority
    assert "could not be delivered to Torfaen (678)" in authority
    many = text_of(compose(register, to_school, to_authority))
    assert "Could not be delivered to: Torfaen (678)" in many
    assert "Nid oedd modd danfon at: Ysgol Gynradd Abersychan (6781234)" in many
