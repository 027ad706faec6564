"""Sign-in names for the names that Wales has."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hwb_identity.domain.names import name_stem, sign_in_name


@pytest.mark.parametrize(
    ("display_name", "stem"),
    [
        ("Angharad Jones", "a.jones"),
        ("Siân Llŷr-O'Brien", "s.llyrobrien"),
        ("Ŵyn ap Rhys", "w.aprhys"),
        ("Zoë D\N{RIGHT SINGLE QUOTATION MARK}Arcy", "z.darcy"),
        ("Zoë D\N{LEFT SINGLE QUOTATION MARK}Arcy", "z.darcy"),
        ("Zoë D\N{MODIFIER LETTER APOSTROPHE}Arcy", "z.darcy"),
        ("Ŷnys Tâl\N{NON-BREAKING HYPHEN}y-bont", "y.talybont"),
        ("\N{LATIN SMALL LETTER W}\N{COMBINING CIRCUMFLEX ACCENT}yn Gŵyr", "w.gwyr"),
        ("Łukasz Wiśniewski", "l.wisniewski"),
        ("Cher", "cher"),
        ("李 小龍", "user"),
        ("Ann Smith 2nd", "a.smithnd"),
    ],
)
def test_welsh_letters_apostrophes_and_hyphens_become_plain(display_name: str, stem: str) -> None:
    assert name_stem(display_name) == stem


@given(st.text(max_size=60))
def test_any_name_makes_an_address(display_name: str) -> None:
    stem = name_stem(display_name)
    assert stem
    assert stem.isascii()
    assert stem.replace(".", "").isalpha()
    assert not any(letter.isupper() for letter in stem)
    assert sign_in_name(stem, 7) == f"{stem}7@hwbcymru.net"


@given(
    st.tuples(st.text(max_size=20), st.integers(1, 10**6)),
    st.tuples(st.text(max_size=20), st.integers(1, 10**6)),
)
def test_two_accounts_never_share_a_name_where_stem_or_number_differ(
    one: tuple[str, int], other: tuple[str, int]
) -> None:
    taken = [(name_stem(name), number) for name, number in (one, other)]
    names = {sign_in_name(stem, number) for stem, number in taken}
    assert len(names) == len(set(taken))
