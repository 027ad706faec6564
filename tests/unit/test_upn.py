"""The check letter of the UPN, on the worked examples of facts/domain.md 3.1."""

from hwb_schemas.upn import check_letter, is_temporary_upn, is_valid_upn


def test_worked_examples_agree() -> None:
    assert is_valid_upn("R201100018042")
    assert is_valid_upn("T20110001804V")
    assert check_letter("207000016049") == "P"


def test_forbidden_letters_are_refused_in_both_places() -> None:
    assert not is_valid_upn("I201100018042")
    assert not is_valid_upn("T20110001804S")


def test_only_a_last_letter_makes_a_upn_temporary() -> None:
    assert is_temporary_upn("T20110001804V")
    assert not is_temporary_upn("R201100018042")
