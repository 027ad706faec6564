"""What must be in no log line: UPNs, staff keys, sign-in names and mail addresses."""

import re
from collections.abc import Iterator

from hwb_schemas.upn import is_valid_upn

_UPN = re.compile(r"(?<![0-9A-Z])[A-Z]\d{11}[0-9A-Z](?![0-9A-Za-z])")
_STAFF_KEY = re.compile(r"(?<![\d/])\d{7}/(?!\d{4}-\d{2}/)[A-Za-z0-9]+(?![/\w])")
_ADDRESS = re.compile(r"[\w.+-]+@[\w-]+\.[\w.]+")
# The Service Desk and our own technical names are no one's personal data.
_PUBLIC_ADDRESSES = re.compile(r"(hwb@gov\.wales|svc-[\w-]+@hwbcymru\.net|@127\.0\.0\.1)$")


def personal_data_in(text: str) -> Iterator[str]:
    """Kinds of personal data found, with an excerpt in which the value itself is masked."""
    for found in _UPN.finditer(text):
        if is_valid_upn(found.group()):
            yield f"a UPN: {_around(text, found)}"
    for found in _STAFF_KEY.finditer(text):
        yield f"a staff key: {_around(text, found)}"
    for found in _ADDRESS.finditer(text):
        if not _PUBLIC_ADDRESSES.search(found.group()):
            yield f"an address: {_around(text, found)}"


def _around(text: str, found: re.Match[str]) -> str:
    return f"{text[max(0, found.start() - 80) : found.start()]}***{text[found.end() :][:40]}"
