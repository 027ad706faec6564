"""The wording of every kind of case, once in Welsh and once in English."""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Literal

from pydantic import BaseModel, ConfigDict

from hwb_schemas.words import CaseKind

Language = Literal["cy", "en"]
LANGUAGES: tuple[Language, Language] = ("cy", "en")
"""Welsh first, in every mail."""


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Layout(_Strict):
    """Headings and set sentences."""

    language: str
    happened: str
    about: str
    means: str
    to_do: str
    by_when: str
    by_when_text: str
    help: str
    help_text: str
    closing: str
    digest_subject: str
    digest_text: str
    case: str
    undelivered: str
    undelivered_to: str


class KindWording(_Strict):
    """What is said of one kind of case."""

    subject: str
    happened: str
    means: str
    to_do: tuple[str, ...]


class _File(_Strict):
    layout: Layout
    months: dict[int, str]
    facts: dict[str, str]
    values: dict[str, str]
    kinds: dict[str, KindWording]


@dataclass(frozen=True)
class Catalogue:
    """One language.

    ``facts`` lists what of a case's facts may be shown, in this order; ``values`` words a fact's
    value where it is a code, by ``<fact>.<code>``.
    """

    language: Language
    layout: Layout
    months: Mapping[int, str]
    facts: Mapping[str, str]
    values: Mapping[str, str]
    kinds: Mapping[CaseKind, KindWording]


@cache
def catalogue(language: Language) -> Catalogue:
    """Read a language's file. Raises ValidationError or KeyError where something is missing."""
    text = files(__name__).joinpath(f"{language}.toml").read_text(encoding="utf-8")
    read = _File.model_validate(tomllib.loads(text))
    return Catalogue(
        language=language,
        layout=read.layout,
        months={number: read.months[number] for number in range(1, 13)},
        facts=read.facts,
        values=read.values,
        kinds={kind: read.kinds[kind.value] for kind in CaseKind},
    )
