"""Teams and Classrooms at the providers, found by the groups service's word, against the story."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from hwb_rehearsal.compare.accounts import Accounts
from hwb_rehearsal.compare.rows import Row, row_of_each, row_of_faults
from hwb_rehearsal.story import lines
from hwb_rehearsal.story.expectation import Group, Line

TOO_MANY = 429


@dataclass(frozen=True, slots=True)
class ProviderGroup:
    """A Team or Classroom as its provider has it; addresses in lower case."""

    provider: str
    id: str
    linked: bool
    archived: bool
    owners: frozenset[str]
    members: frozenset[str]


def provider_groups(inspected: Iterable[Mapping[str, Any]]) -> dict[tuple[str, str], ProviderGroup]:
    """What the emulators' ``/inspect/groups`` shows, by provider and id."""
    return {
        (group["provider"], group["id"]): ProviderGroup(
            provider=group["provider"],
            id=group["id"],
            linked=bool(group["external_id"] or group["aliases"]),
            archived=group["archived"],
            owners=frozenset(name.lower() for name in group["owners"]),
            members=frozenset(name.lower() for name in group["members"]),
        )
        for group in inspected
    }


@dataclass(frozen=True, slots=True)
class GroupsSeen:
    """The groups service's list, by class key and provider, and what the providers have."""

    listed: Mapping[tuple[str, str], Mapping[str, Any]]
    at_providers: Mapping[tuple[str, str], ProviderGroup]


@dataclass(frozen=True, slots=True)
class GroupCheck:
    """Compares one group."""

    seen: GroupsSeen
    accounts: Accounts
    technical_owner: str

    def __call__(self, group: Group) -> str | None:
        """What is not as it must be, or None."""
        fault = self._fault(group)
        return f"{group.provider} of {group.class_key}: {fault}" if fault else None

    def _fault(self, group: Group) -> str | None:
        listed = self.seen.listed.get((group.class_key, group.provider))
        if listed is None:
            return "the groups service does not list it"
        there = self.seen.at_providers.get((group.provider, listed["provider_id"] or ""))
        if there is None:
            return f"the provider does not have it; the service says {listed['state']}"
        faults = [
            *_differs("archived", group.archived, there.archived),
            *_differs("linked at the provider", group.linked, there.linked),
            *_differs("linked in the service", group.linked, listed["linked"]),
            *self._people("members", group.members, there.members - there.owners),
            *self._people("owners", group.owners, there.owners - {self.technical_owner}),
        ]
        if self.technical_owner not in there.owners:
            faults.append("the technical owner is missing")
        return ", ".join(faults) or None

    def _people(self, what: str, keys: frozenset[str], names: frozenset[str]) -> list[str]:
        wanted = {account_id for key in keys for account_id in self.accounts.ids(key)[:1]}
        there = {self.accounts.id_by_name.get(name, name) for name in names}
        unknown = len(keys) - len(wanted)
        missing, extra = len(wanted - there) + unknown, len(there - wanted)
        return [f"{what}: {missing} missing, {extra} too many"] if missing or extra else []


def _differs(what: str, expected: object, seen: object) -> list[str]:
    return [] if expected == seen else [f"{what} is {seen}"]


def group_rows(groups: Iterable[Group], check: GroupCheck) -> list[Row]:
    """A row for each line that these groups are on and each provider."""
    by_line: dict[tuple[Line, str], list[Group]] = defaultdict(list)
    for group in groups:
        by_line[group.line, group.provider].append(group)
    return [
        row_of_each(
            line._replace(what=f"{PLURALS[provider]} {line.what}"),
            found,
            check,
            noun="Team" if provider == "teams" else "Classroom",
        )
        for (line, provider), found in sorted(by_line.items())
    ]


PLURALS = {"teams": "Teams", "classroom": "Classrooms"}


def no_other_groups_row(groups: Sequence[Group], seen: GroupsSeen) -> Row:
    """The providers have one group for each that was asked for, and nothing else."""
    ids = {(provider, listed["provider_id"] or "") for (_, provider), listed in seen.listed.items()}
    strange = [f"{provider} {id_}" for provider, id_ in sorted(set(seen.at_providers) - ids)]
    absent = [
        f"{provider} {id_} is absent" for provider, id_ in sorted(ids - set(seen.at_providers))
    ]
    return row_of_faults(
        lines.NO_OTHER_GROUPS,
        expected=f"{len(groups)} groups",
        actual=f"{len(seen.at_providers)} groups",
        faults=[*strange, *absent],
    )


def quotas_row(calls: Iterable[Mapping[str, Any]]) -> Row:
    """No call was answered with 429; ``calls`` are what ``/inspect/calls`` shows."""
    found = list(calls)
    refused = [row for row in found if row["status"] == TOO_MANY]
    return row_of_faults(
        lines.GROUPS_QUOTAS,
        expected="0 refused",
        actual=f"{sum(row['count'] for row in refused)} refused of"
        f" {sum(row['count'] for row in found):,} calls",
        faults=[f"{row['provider']} {row['call']}: {row['count']} times" for row in refused],
    )
