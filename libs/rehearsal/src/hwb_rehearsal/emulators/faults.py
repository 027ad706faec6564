"""Faults on purpose: each is a marker that a display name may hold, or that is set by id."""

from dataclasses import dataclass, field
from enum import StrEnum


class Fault(StrEnum):
    """What goes wrong with a Team or Classroom; the real ones do so (facts/providers.md 1.1)."""

    STUCK = "stuck"
    """Teams: the operation stays inProgress for ever and nothing happens."""

    STUCK_BUT_WORKS = "stuck-but-works"
    """Teams: the operation stays inProgress for ever although the team is changed."""

    FAILS = "fails"
    """Teams: archive and unarchive operations end as failed."""

    FAILS_ONCE = "fails-once"
    """Teams: the first archive or unarchive operation ends as failed."""

    NOT_FOUND_BUT_WORKS = "404-but-works"
    """Teams: archive and unarchive answer 404 although the team is changed."""

    WITHOUT_EFFECT = "202-without-effect"
    """Teams: the first operation succeeds but the team stays as it was."""

    SLOW = "slow"
    """Teams: archive and unarchive operations take ten times as long."""

    UNAVAILABLE_ONCE = "unavailable-once"
    """Both: the first change of state answers 503."""

    INTERNAL = "500"
    """Both: every change of state answers 500."""


@dataclass(slots=True)
class Faults:
    """Which faults a thing has, by its id or its name, and which it has been hit by so far."""

    _by_id: dict[str, set[Fault]] = field(default_factory=dict)
    _happened: set[tuple[str, Fault]] = field(default_factory=set)

    def put(self, thing: str, fault: Fault) -> None:
        """Give a thing this fault."""
        self._by_id.setdefault(thing, set()).add(fault)

    def clear(self, thing: str) -> None:
        """Take the faults that were set by id away again."""
        self._by_id.pop(thing, None)

    def happened(self) -> list[tuple[str, Fault]]:
        """Things that were hit, each by which fault; sorted."""
        return sorted(self._happened)

    def strikes(self, thing: str, name: str, fault: Fault) -> bool:
        """Whether a thing of this id and name has the fault, which then happens now."""
        if f"[{fault}]" not in name and fault not in self._by_id.get(thing, ()):
            return False
        self._happened.add((thing, fault))
        return True

    def strikes_once(self, thing: str, name: str, fault: Fault) -> bool:
        """Whether the fault is there and happens now, for the first and only time."""
        return (thing, fault) not in self._happened and self.strikes(thing, name, fault)
