"""What happens in the year, as values that the demo performs one after another."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from hwb_rehearsal.emulators.faults import Fault
from hwb_rehearsal.snapshots.forms import json_lines, oneroster_zip
from hwb_rehearsal.story.expectation import Checkpoint, Line
from hwb_rehearsal.world.rows import Snapshot

Form = Literal["zip", "jsonl"]


@dataclass(frozen=True, slots=True)
class Upload:
    """One school's snapshot in one of the two forms."""

    snapshot: Snapshot
    form: Form

    @property
    def school(self) -> str:
        """Whose it is."""
        return self.snapshot.school

    def body(self) -> bytes:
        """The bytes of the file."""
        return oneroster_zip(self.snapshot) if self.form == "zip" else json_lines(self.snapshot)


@dataclass(frozen=True, slots=True)
class MoveClock:
    """The rehearsal clock goes on to this instant."""

    to: datetime


@dataclass(frozen=True, slots=True)
class Push:
    """Schools send their snapshots, several at once, and every run settles.

    ``kill`` names the service whose worker is killed while it has this work in hand.
    """

    uploads: tuple[Upload, ...]
    kill: str | None = None


@dataclass(frozen=True, slots=True)
class PushAgain:
    """A school sends the same snapshot once more: nothing may be published."""

    upload: Upload
    line: Line


@dataclass(frozen=True, slots=True)
class PushBroken:
    """A school sends half a file: it must be refused and change nothing."""

    upload: Upload
    line: Line


@dataclass(frozen=True, slots=True)
class PushHeld:
    """A school's run is held in part; its Digital Champion approves exactly that list.

    ``changes`` other records go through at once.
    """

    upload: Upload
    held: int
    line: Line
    changes: int = 0


@dataclass(frozen=True, slots=True)
class Discard:
    """What is held of a school's run is discarded; the corrected upload changes nothing."""

    mistake: Upload
    held: int
    corrected: Upload
    line: Line


@dataclass(frozen=True, slots=True)
class ApproveClosing:
    """The authority says, by its number, that a school closes."""

    school: str


@dataclass(frozen=True, slots=True)
class PushClosing:
    """A closing school's run is held; approved by its number, the same upload goes through.

    ``changes`` records are no more than the season explains and go through before.
    """

    upload: Upload
    held: int
    changes: int
    line: Line


@dataclass(frozen=True, slots=True)
class RollBack:
    """A school's run is rolled back; the corrected upload waits and is approved."""

    mistake: Upload
    changes: int
    corrected: Upload
    line: Line


@dataclass(frozen=True, slots=True)
class Reach:
    """The system comes to this state by itself; on the way nothing is asked of it."""

    checkpoint: Checkpoint


@dataclass(frozen=True, slots=True)
class SeeWaiting:
    """Schools read that these learners, by UPN, wait for their previous school."""

    waiting: Mapping[str, frozenset[str]]
    line: Line


@dataclass(frozen=True, slots=True)
class SeeCases:
    """The open cases of this kind come to be those of these schools, one each."""

    kind: str
    schools: frozenset[str]
    line: Line


@dataclass(frozen=True, slots=True)
class CreateGroups:
    """Digital Champions create groups: pairs of class key and provider."""

    wanted: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class RestoreGroups:
    """Digital Champions restore groups: pairs of class key and provider."""

    wanted: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class ProviderFault:
    """What goes wrong at a provider with one group: class key, provider, and the fault."""

    class_key: str
    provider: str
    fault: Fault


@dataclass(frozen=True, slots=True)
class FailOnPurpose:
    """From now on the providers do wrong by these groups."""

    faults: tuple[ProviderFault, ...]


@dataclass(frozen=True, slots=True)
class SeeFaults:
    """Each of these faults has happened by now; the groups' own rows say that it did no harm."""

    faults: tuple[ProviderFault, ...]
    line: Line


@dataclass(frozen=True, slots=True)
class RequestTransfer:
    """A member of staff wishes to keep the old account; asked twice, it is one case."""

    school: str
    staff_code: str
    previous_school: str
    previous_staff_code: str


Act = (
    MoveClock
    | Push
    | PushAgain
    | PushBroken
    | PushHeld
    | PushClosing
    | ApproveClosing
    | Discard
    | RollBack
    | Reach
    | SeeWaiting
    | SeeCases
    | CreateGroups
    | RestoreGroups
    | FailOnPurpose
    | SeeFaults
    | RequestTransfer
)


@dataclass(frozen=True, slots=True)
class Stage:
    """Some acts under one heading, in order."""

    title: str
    acts: tuple[Act, ...]
