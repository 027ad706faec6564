"""Every finding has its words, in both languages, and no word is left without a finding."""

import re
from pathlib import Path

import hwb_identity.domain.diagnosis as findings
from hwb_identity.entrypoints.diagnosis_wording import WORDINGS

SOURCE = Path(findings.__file__).read_text()
MADE_OF_PARTS = {"row_rejected", "row_held", "password_visible", "password_hidden"}


def test_every_wording_belongs_to_a_finding() -> None:
    for code in WORDINGS:
        assert f'"{code}"' in SOURCE or code in MADE_OF_PARTS | {"password_never_made"}, code


def test_every_finding_has_its_words() -> None:
    named = set(re.findall(r'Outcome\.\w+,\s+"(\w+)"', SOURCE))
    named |= set(re.findall(r'RecordState\.\w+: "(\w+)"', SOURCE))
    named |= set(re.findall(r'code = "(\w+)"', SOURCE)) | MADE_OF_PARTS
    assert named <= set(WORDINGS)


def test_each_is_said_in_both_languages() -> None:
    for wording in WORDINGS.values():
        texts = wording[:4]
        assert all(text.endswith(".") for text in texts)
        assert wording.says != wording.says_cy
        assert wording.next_step != wording.next_step_cy
