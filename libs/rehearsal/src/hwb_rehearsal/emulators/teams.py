"""The state of Teams: teams, their members, and operations that finish some time later."""

import base64
import uuid
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Literal

from hwb_rehearsal.emulators.faults import Fault, Faults
from hwb_rehearsal.emulators.people import People
from hwb_rehearsal.emulators.time import ProviderTime

Action = Literal["createTeam", "archiveTeam", "unarchiveTeam"]


@dataclass(frozen=True, slots=True)
class TeamDelays:
    """Provider seconds that things take. Real durations are not published; these are small."""

    operation: float = 20.0
    class_bindable: float = 5.0
    """Until a class that was just made can become a team (the real one: up to 15 minutes)."""

    team_visible: float = 3.0
    """After its creation succeeded, how long a team still answers 404."""


@dataclass(slots=True)
class Operation:
    """A teamsAsyncOperation. Its effect happens when it is due."""

    id: str
    action: Action
    created: float
    due: float
    outcome: Literal["succeeds", "fails", "never_ends"]
    changes_team: bool
    done: bool = False

    def status(self, now: float) -> str:
        """What a poll reads."""
        if now >= self.due and self.outcome != "never_ends":
            return "succeeded" if self.outcome == "succeeds" else "failed"
        waiting = now < self.created + (self.due - self.created) / 10
        return "notStarted" if waiting else "inProgress"


@dataclass(slots=True)
class Team:
    """A class (a group) that may have become a team; both have the same id."""

    id: str
    name: str
    created: float
    created_at: datetime
    description: str = ""
    mail_nickname: str = ""
    details: dict[str, object] = field(default_factory=dict)
    """The education properties: externalId, externalSource, classCode, term and so on."""

    members: dict[str, list[str]] = field(default_factory=dict)
    """Address to roles; an owner has ``["owner"]``."""

    is_team: bool = False
    visible_from: float = 0.0
    archived: bool = False
    operations: dict[str, Operation] = field(default_factory=dict)

    def owners(self) -> list[str]:
        """Addresses of the owners, sorted."""
        return sorted(a for a, roles in self.members.items() if "owner" in roles)

    def settle(self, now: float) -> None:
        """Let the operations that are due by now take effect."""
        for operation in self.operations.values():
            if operation.done or operation.due > now:
                continue
            operation.done = True
            if operation.changes_team and operation.action != "createTeam":
                self.archived = operation.action == "archiveTeam"


@dataclass(slots=True)
class Tenant:
    """All teams of one tenant."""

    time: ProviderTime
    people: People
    delays: TeamDelays = field(default_factory=TeamDelays)
    faults: Faults = field(default_factory=Faults)
    _teams: dict[str, Team] = field(default_factory=dict)

    def make_class(self, *, name: str, mail_nickname: str, details: dict[str, object]) -> Team:
        """A class without a team."""
        team = Team(
            id=str(uuid.uuid4()),
            name=name,
            created=self.time.now(),
            created_at=datetime.now(UTC),
            mail_nickname=mail_nickname,
            details=details,
        )
        self._teams[team.id] = team
        return team

    def make_team(self, team: Team) -> Operation:
        """Begin to make a class a team."""
        now = self.time.now()
        team.is_team = True
        operation = self._operation(team, "createTeam", now)
        team.visible_from = operation.due + self.delays.team_visible
        return operation

    def change_state(self, team: Team, action: Action) -> Operation:
        """Begin to archive or unarchive; one operation of a team runs after another."""
        now = self.time.now()
        team.settle(now)
        waiting = [o.due for o in team.operations.values() if not o.done and o.due > now]
        return self._operation(team, action, max([now, *waiting]))

    def find(self, team_id: str) -> Team | None:
        """The class or team of this id, as it is now."""
        team = self._teams.get(team_id)
        if team is not None:
            team.settle(self.time.now())
        return team

    def visible(self, team_id: str) -> Team | None:
        """The team of this id, unless it is a mere class or too new to be seen."""
        team = self.find(team_id)
        if team is None or not team.is_team or self.time.now() < team.visible_from:
            return None
        return team

    def all(self) -> Iterator[Team]:
        """Every class and team as it is now."""
        for team_id in list(self._teams):
            if (team := self.find(team_id)) is not None:
                yield team

    def bindable(self, team: Team) -> bool:
        """Whether a class is old enough to become a team."""
        return self.time.now() >= team.created + self.delays.class_bindable

    def with_external_id(self, external_id: str) -> list[Team]:
        """Classes whose externalId is this."""
        return [team for team in self.all() if team.details.get("externalId") == external_id]

    def _operation(self, team: Team, action: Action, begins: float) -> Operation:
        seconds = self.delays.operation
        if action != "createTeam" and self._strikes(team, Fault.SLOW):
            seconds *= 10
        operation = Operation(
            id=str(uuid.uuid4()),
            action=action,
            created=begins,
            due=begins + seconds,
            outcome="succeeds",
            changes_team=True,
        )
        if action != "createTeam":
            self._spoil(team, operation)
        team.operations[operation.id] = operation
        return operation

    def _spoil(self, team: Team, operation: Operation) -> None:
        if self._strikes(team, Fault.STUCK_BUT_WORKS):
            operation.outcome = "never_ends"
        elif self._strikes(team, Fault.STUCK):
            operation.outcome, operation.changes_team = "never_ends", False
        elif self._strikes(team, Fault.FAILS) or self._once(team, Fault.FAILS_ONCE):
            operation.outcome, operation.changes_team = "fails", False
        elif self._once(team, Fault.WITHOUT_EFFECT):
            operation.changes_team = False

    def _strikes(self, team: Team, fault: Fault) -> bool:
        return self.faults.strikes(team.id, team.name, fault)

    def _once(self, team: Team, fault: Fault) -> bool:
        return self.faults.strikes_once(team.id, team.name, fault)


def membership_id(team_id: str, user_id: str) -> str:
    """How Teams names a membership: an opaque text made of both ids."""
    return base64.urlsafe_b64encode(f"{team_id}##{user_id}".encode()).decode()


def member_of(membership: str, team_id: str) -> str | None:
    """The user id in a membership of this team; None if it is not one."""
    try:
        team, _, user = base64.urlsafe_b64decode(membership.encode()).decode().partition("##")
    except ValueError:
        return None
    return user if team == team_id else None
