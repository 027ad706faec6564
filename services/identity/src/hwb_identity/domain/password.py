"""What a password looks like: a child can read it from a slip and type it, nobody can guess it."""

from collections.abc import Callable

# Without letters that look alike or that make most rude words.
_CONSONANTS = "bdghjlmnprtvz"
_VOWELS = "aeiou"
_DIGITS = "23456789"
_SYLLABLES = 5


def password_made(choose: Callable[[str], str]) -> str:
    """``badolu-giro-4829``: ``choose`` takes one character of a text at random.

    One of 4.7e12; with argon2id at 32 ms a guess, a stolen hash lasts thousands of years.
    """
    word = "".join(choose(_CONSONANTS) + choose(_VOWELS) for _ in range(_SYLLABLES))
    number = "".join(choose(_DIGITS) for _ in range(4))
    return f"{word[:6]}-{word[6:]}-{number}"
