"""The people of the tenant: everybody exists and is active until somebody says otherwise."""

import hashlib
import uuid
from dataclasses import dataclass, field
from enum import StrEnum

_NAMESPACE = uuid.UUID("5f0a1d3e-6f0c-5d0e-9d43-5b3f6c1f2a11")
UNKNOWN_MARKER = "unknown-user"
"""An address with this in it belongs to nobody."""


class PersonState(StrEnum):
    """Whether a provider knows somebody, and lets them own things."""

    ACTIVE = "active"
    INACTIVE = "inactive"
    DELETED = "deleted"
    UNKNOWN = "unknown"


@dataclass(slots=True)
class People:
    """Addresses, the ids that the providers give them, and who is no longer active."""

    _states: dict[str, PersonState] = field(default_factory=dict)
    _address_of: dict[str, str] = field(default_factory=dict)

    def put(self, address: str, state: PersonState) -> None:
        """Say what has become of somebody."""
        self._states[address.lower()] = state

    def state(self, address: str) -> PersonState:
        """What a provider knows of this address."""
        known = self._states.get(address.lower(), PersonState.ACTIVE)
        return PersonState.UNKNOWN if UNKNOWN_MARKER in address else known

    def exists(self, address: str) -> bool:
        """Whether somebody of this address may be made a member."""
        return self.state(address) in {PersonState.ACTIVE, PersonState.INACTIVE}

    def entra_id(self, address: str) -> str:
        """The directory's id of an address."""
        return self._remember(str(uuid.uuid5(_NAMESPACE, address.lower())), address)

    def google_id(self, address: str) -> str:
        """Google's numeric id of an address."""
        digest = hashlib.sha256(address.lower().encode()).digest()
        number = str(10**20 + int.from_bytes(digest[:8], "big") % 10**20)
        return self._remember(number, address)

    def address(self, name: str) -> str:
        """The address of somebody who is named by address or by an id that was given out."""
        return self._address_of.get(name, name).lower()

    def _remember(self, given: str, address: str) -> str:
        self._address_of[given] = address.lower()
        return given
