"""Let an upload arrive in parts, so that a broken connection costs one part and not all of it."""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from hwb_mis_ingest.session_errors import (
    UploadDigestWrongError,
    UploadIncompleteError,
    UploadOffsetWrongError,
    UploadPartWrongError,
    UploadSessionUnknownError,
)
from hwb_runtime.crash import crash_point, declare_crash_point
from hwb_runtime.database import Database, Session

PART_WRITTEN = declare_crash_point(
    "part_written", "a part of an upload is written, not committed", process="api"
)
PART_KEPT = declare_crash_point(
    "part_kept", "a part of an upload is committed, its sender has no answer", process="api"
)

PART_BYTES = 256 * 1024
"""Size of every part but the last: what a broken connection costs at most."""


@dataclass(frozen=True, slots=True)
class Announced:
    """What is said of an upload before it is sent; ``sha256`` is in hexadecimal digits."""

    school: str
    caller: str
    key: str
    length: int
    sha256: str
    extracted_at: datetime | None


@dataclass(frozen=True, slots=True)
class UploadSession:
    """How far an upload has come: ``received`` bytes are kept; ``taken``: its run is there."""

    session_id: str
    school: str
    caller: str
    key: str
    length: int
    sha256: str
    extracted_at: datetime | None
    received: int
    taken: bool

    @property
    def next_part(self) -> int:
        """Bytes that the next part must have; 0 once all are there."""
        return min(PART_BYTES, self.length - self.received)

    def is_of(self, announced: Announced) -> bool:
        """Whether both are the same upload."""
        return (self.school, self.length, self.sha256, self.extracted_at) == (
            announced.school,
            announced.length,
            announced.sha256,
            announced.extracted_at,
        )


class UploadSessions(Protocol):
    """Where upload sessions are kept; those that have ended are not found."""

    async def of_key(self, caller: str, key: str) -> UploadSession | None:
        """The session that this caller began under the key."""

    async def add(self, announced: Announced, *, hours: int) -> None:
        """Begin one that ends after so many hours, unless somebody has just begun it."""

    async def keep_newest(self, school: str, count: int) -> None:
        """Remove what the school has beyond so many that are not taken yet."""

    async def find(self, session_id: str, *, school: str, caller: str) -> UploadSession | None:
        """This one, if it is the caller's."""

    async def hold(self, session_id: str) -> None:
        """Nobody takes or removes it until the end of the transaction."""

    async def append(self, session_id: str, *, start: int, part: bytes) -> bool:
        """Keep a part, unless another one was kept since ``start`` was seen."""

    async def data(self, session_id: str) -> bytes:
        """All that was kept."""

    async def set_taken(self, session_id: str) -> None:
        """Its run is there: forget the bytes."""

    async def remove(self, session_id: str) -> None:
        """Forget it altogether."""

    async def remove_ended(self) -> int:
        """Forget those that have ended; gives how many."""


@dataclass(frozen=True, slots=True)
class ResumeDesk:
    """Keeps uploads until they are whole.

    A school has at most ``per_school`` that are not taken yet: a new one displaces the oldest, so
    that nobody is locked out by what was never finished.
    """

    database: Database
    sessions: Callable[[Session], UploadSessions]
    hours: int
    per_school: int

    async def begun(self, caller: str, key: str) -> UploadSession | None:
        """The session under this key, whichever process began it."""
        async with self.database.transaction() as session:
            return await self.sessions(session).of_key(caller, key)

    async def begin(self, announced: Announced) -> UploadSession:
        """A session for the upload; the one begun before where there is one."""
        async with self.database.transaction() as session:
            sessions = self.sessions(session)
            await sessions.add(announced, hours=self.hours)
            await sessions.keep_newest(announced.school, self.per_school)
            found = await sessions.of_key(announced.caller, announced.key)
        if found is None:
            raise UploadSessionUnknownError(announced.key)
        return found

    async def look(self, session_id: str, *, school: str, caller: str) -> UploadSession:
        """How far it has come. Raises UploadSessionUnknownError."""
        async with self.database.transaction() as session:
            return await self._known(session, session_id, school=school, caller=caller)

    async def append(
        self, session_id: str, *, school: str, caller: str, start: int, part: bytes
    ) -> UploadSession:
        """Keep a part for good. Raises errors of ``session_errors``, having kept nothing."""
        async with self.database.transaction() as session:
            one = await self._known(session, session_id, school=school, caller=caller)
            if start != one.received:
                raise UploadOffsetWrongError(one.received)
            if len(part) != one.next_part or not part:
                raise UploadPartWrongError(found=len(part), wanted=one.next_part)
            if not await self.sessions(session).append(session_id, start=start, part=part):
                now = await self._known(session, session_id, school=school, caller=caller)
                raise UploadOffsetWrongError(now.received)
            found = await self._known(session, session_id, school=school, caller=caller)
            crash_point(PART_WRITTEN, in_hand=len(part))
        crash_point(PART_KEPT, in_hand=len(part))
        return found

    async def whole(
        self, session_id: str, *, school: str, caller: str
    ) -> tuple[UploadSession, bytes | None]:
        """The upload as it was announced; None for its bytes where its run is there already.

        Raises UploadIncompleteError; and UploadDigestWrongError, after which the session is gone.
        """
        async with self.database.transaction() as session:
            sessions = self.sessions(session)
            await sessions.hold(session_id)
            one = await self._known(session, session_id, school=school, caller=caller)
            if one.taken:
                return one, None
            if one.received != one.length:
                raise UploadIncompleteError(offset=one.received, length=one.length)
            data = await sessions.data(session_id)
        if hashlib.sha256(data).hexdigest() != one.sha256:
            await self.drop(one)
            raise UploadDigestWrongError
        return one, data

    async def drop(self, one: UploadSession) -> None:
        """Forget an upload that was refused: nothing that it holds is kept."""
        async with self.database.transaction() as session:
            await self.sessions(session).remove(one.session_id)

    async def remove_ended(self) -> bool:
        """The worker's job."""
        async with self.database.transaction() as session:
            await self.sessions(session).remove_ended()
        return False

    async def _known(
        self, session: Session, session_id: str, *, school: str, caller: str
    ) -> UploadSession:
        found = await self.sessions(session).find(session_id, school=school, caller=caller)
        if found is None:
            raise UploadSessionUnknownError(session_id)
        return found
