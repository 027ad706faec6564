"""Events as a handler sees them, without any type of Kafka.

Named tuples, because one is made for every event: a frozen dataclass takes four times as long.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Generic, NamedTuple, Protocol, TypeVar

P = TypeVar("P")


class Received(NamedTuple, Generic[P]):
    """One event of a slice. ``payload`` is None for a tombstone; ``time`` is ISO, in UTC."""

    topic: str
    partition: int
    offset: int
    key: str
    type: str
    id: str
    time: str
    traceparent: str | None
    payload: P | None


class RawRecord(Protocol):
    """A record as it was fetched: what parking keeps."""

    @property
    def topic(self) -> str: ...
    @property
    def partition(self) -> int: ...
    @property
    def offset(self) -> int: ...
    @property
    def key(self) -> bytes | None: ...
    @property
    def value(self) -> bytes | None: ...
    @property
    def headers(self) -> Sequence[tuple[str, bytes]]: ...


@dataclass(frozen=True, slots=True)
class StoredRecord:
    """A record that was parked and is replayed."""

    topic: str
    partition: int
    offset: int
    key: bytes | None
    value: bytes | None
    headers: Sequence[tuple[str, bytes]]
