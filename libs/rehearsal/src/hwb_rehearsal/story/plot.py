"""What the schools' MIS hold as the year goes on, and the ledger of what must come of it."""

from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any, TypeVar

from hwb_rehearsal.snapshots.forms import line_of_user
from hwb_rehearsal.story.acts import (
    Act,
    FailOnPurpose,
    Form,
    MoveClock,
    ProviderFault,
    Push,
    Reach,
    SeeCases,
    Stage,
    Upload,
)
from hwb_rehearsal.story.expectation import (
    ACTIVE,
    INACTIVE,
    Case,
    Checkpoint,
    Group,
    Line,
    Person,
    RejectedRow,
)
from hwb_rehearsal.world.reorganised import Reorganisation
from hwb_rehearsal.world.rows import ClassRow, LearnerRow, Snapshot, StaffRow
from hwb_rehearsal.world.schools import SchoolPlan
from hwb_rehearsal.world.wales import Roll, Wales, with_classes
from hwb_schemas.refs import class_key, staff_key

OLD_YEAR, NEW_YEAR = "2021-22", "2022-23"
Picked = TypeVar("Picked")


@dataclass
class SchoolState:
    """One school's MIS. ``learners`` are keyed by their true UPN, whatever the row says.

    ``mis`` begins its ids, "" until it changes to another MIS.
    """

    plan: SchoolPlan
    learners: dict[str, LearnerRow]
    staff: dict[str, StaffRow]
    classes: tuple[ClassRow, ...]
    academic_year: str = OLD_YEAR
    mis: str = ""

    @classmethod
    def of(cls, roll: Roll) -> "SchoolState":
        """The state that this roll describes."""
        return cls(
            plan=roll.plan,
            learners={row.upn: row for row in roll.learners},
            staff={row.local_id: row for row in roll.staff},
            classes=roll.classes,
        )

    def new_classes(self) -> None:
        """The end-of-year work is done: classes of the new year for everyone on roll."""
        keys = list(self.learners)
        roll = with_classes(self.plan, self.learners.values(), self.staff.values())
        self.learners = dict(zip(keys, roll.learners, strict=True))
        self.staff = {row.local_id: row for row in roll.staff}
        self.classes = roll.classes
        self.academic_year = NEW_YEAR

    def snapshot(self, extracted_at: datetime) -> Snapshot:
        """What its Provisioning Client sends."""
        return Snapshot(
            school=self.plan.number,
            school_name=self.plan.name,
            academic_year=self.academic_year,
            extracted_at=extracted_at,
            learners=tuple(self.learners.values()),
            staff=tuple(self.staff.values()),
            classes=self.classes,
            mis=self.mis,
        )

    def keys_of(self, codes: Iterable[str]) -> tuple[str, ...]:
        """The class keys of these class codes in the year that the school is in."""
        number = self.plan.number
        return tuple(sorted(class_key(number, self.academic_year, code) for code in codes))


@dataclass
class Plot:
    """The year so far. Its parts write what happens and, beside it, what must come of it."""

    wales: Wales
    reorganisation: Reorganisation
    now: datetime
    schools: dict[str, SchoolState] = field(default_factory=dict)
    persons: dict[str, Person] = field(default_factory=dict)
    groups: dict[tuple[str, str], Group] = field(default_factory=dict)
    provider_faults: list[ProviderFault] = field(default_factory=list)
    cases: list[Case] = field(default_factory=list)
    runs: Counter[str] = field(default_factory=Counter)
    rejected: dict[str, list[tuple[str, str]]] = field(default_factory=dict)
    stages: list[Stage] = field(default_factory=list)
    last_upload: dict[str, Upload] = field(default_factory=dict)
    renewals: dict[str, str] = field(default_factory=dict)
    started: dict[str, tuple[SchoolState, str]] = field(default_factory=dict)
    _used: set[str] = field(default_factory=set)
    _acts: list[Act] = field(default_factory=list)

    @property
    def unit(self) -> SchoolState:
        """The pupil referral unit."""
        return self.schools[self.reorganisation.unit]

    @property
    def closing(self) -> tuple[SchoolState, SchoolState]:
        """The primary and the secondary that close."""
        primary, secondary = self.reorganisation.closing
        return self.schools[primary], self.schools[secondary]

    @property
    def secondaries(self) -> list[SchoolState]:
        """Schools that others lead to, in the order of the register."""
        fed = {state.plan.leads_to for state in self.schools.values()}
        return [
            state
            for number, state in self.schools.items()
            if number in fed and state.plan.sector == "Secondary"
        ]

    @property
    def secondary_first(self) -> list[SchoolState]:
        """The half of the secondaries that run before their primaries."""
        return self.secondaries[0::2]

    @property
    def primary_first(self) -> list[SchoolState]:
        """The half of the secondaries that run after their primaries."""
        return self.secondaries[1::2]

    def feeders(self, secondary: SchoolState) -> list[SchoolState]:
        """The schools that lead to this one."""
        number = secondary.plan.number
        return [state for state in self.schools.values() if state.plan.leads_to == number]

    @property
    def primaries(self) -> list[SchoolState]:
        """Every school that leads to a secondary."""
        numbers = {state.plan.number for state in self.secondaries}
        return [state for state in self.schools.values() if state.plan.leads_to in numbers]

    def pick(
        self, state: SchoolState, count: int, wanted: Callable[[LearnerRow], bool]
    ) -> list[str]:
        """UPNs of ``count`` learners of the school nobody else in the story plays."""
        found = [
            upn for upn, row in state.learners.items() if upn not in self._used and wanted(row)
        ][:count]
        if len(found) < count:
            message = f"school {state.plan.number} is too small to play its part in the story"
            raise ValueError(message)
        self._used.update(found)
        return found

    def pick_staff(self, state: SchoolState, *, teaching: set[str]) -> str:
        """Local id of a teacher nobody else plays, of one of these class codes if there is one."""
        free = [
            row
            for row in state.staff.values()
            if row.role == "teacher" and self.staff_key(state, row) not in self._used
        ]
        free.sort(key=lambda row: not teaching & set(row.classes))
        self._used.add(self.staff_key(state, free[0]))
        return free[0].local_id

    def use(self, key: str) -> None:
        """This person has a part now."""
        self._used.add(key)

    def is_used(self, key: str) -> bool:
        """Whether this person has a part already."""
        return key in self._used

    def staff_key(self, state: SchoolState, row: StaffRow) -> str:
        """``<school>/<staff code>``."""
        return staff_key(state.plan.number, row.staff_code)

    def edit(self, state: SchoolState, key: str, /, **changes: Any) -> None:
        """The school changes a learner's row."""
        state.learners[key] = replace(state.learners[key], **changes)

    def change_upn(self, state: SchoolState, old: str, new: str, *, former: str = "") -> None:
        """The school has a learner under another UPN: the person and the account are the same."""
        renewed = replace(state.learners[old], upn=new, former_upn=former)
        state.learners = {
            (new if upn == old else upn): (renewed if upn == old else row)
            for upn, row in state.learners.items()
        }
        self.known_as(old, new)

    def known_as(self, old: str, new: str) -> None:
        """Whoever was expected under the old UPN is expected under the new one."""
        self.use(new)
        self.persons[new] = replace(self.persons.pop(old), key=new)
        for wanted, group in self.groups.items():
            if old in group.members:
                self.groups[wanted] = replace(group, members=group.members - {old} | {new})

    def edit_staff(self, state: SchoolState, local_id: str, **changes: Any) -> None:
        """The school changes a staff member's row."""
        state.staff[local_id] = replace(state.staff[local_id], **changes)

    def claim(self, state: SchoolState, upn: str, line: Line) -> None:
        """The learner's account is this school's now, as its row says."""
        row = state.learners[upn]
        self._write(
            Person(
                key=upn,
                line=line,
                home=state.plan.number,
                year_group=row.year_group,
                classes=state.keys_of(row.classes),
                other_schools=self.persons[upn].other_schools if upn in self.persons else (),
            )
        )

    def employ(self, state: SchoolState, local_id: str, line: Line) -> None:
        """The staff member's account is as the row says."""
        row = state.staff[local_id]
        self._write(
            Person(
                key=self.staff_key(state, row),
                line=line,
                home=state.plan.number,
                classes=state.keys_of(row.classes),
            )
        )

    def release(self, key: str, line: Line) -> None:
        """Nobody claims the account any longer."""
        self._write(replace(self.persons[key], line=line, status=INACTIVE, home=None))

    def say(self, key: str, **changes: Any) -> None:
        """Something else must be true of this person."""
        self._write(replace(self.persons[key], **changes))

    def nobody(self, key: str, line: Line) -> None:
        """This person must have no account."""
        self._write(Person(key=key, line=line, home=None, has_account=False))

    def _write(self, person: Person) -> None:
        before = self.persons.get(person.key)
        if before is not None and person.account_of is None:
            person = replace(person, account_of=before.account_of)
        self.persons[person.key] = person

    def members(self, state: SchoolState, code: str) -> tuple[frozenset[str], frozenset[str]]:
        """Learners and staff listed in a class whose account is active at its school."""
        learners = (upn for upn, row in state.learners.items() if code in row.classes)
        staff = (self.staff_key(state, row) for row in state.staff.values() if code in row.classes)
        number = state.plan.number
        return (
            frozenset(key for key in learners if self._is_at(key, number)),
            frozenset(key for key in staff if self._is_at(key, number)),
        )

    def _is_at(self, key: str, school: str) -> bool:
        person = self.persons[key]
        at_school = school == person.home or school in person.other_schools
        return person.has_account and person.status == ACTIVE and at_school

    def still_there(self, group: Group, line: Line) -> Group:
        """The group with those of its members that are active at the school now."""
        school = group.school
        return replace(
            group,
            line=line,
            members=frozenset(key for key in group.members if self._is_at(key, school)),
            owners=frozenset(key for key in group.owners if self._is_at(key, school)),
        )

    def follow(self, wanted: Iterable[tuple[str, str]]) -> None:
        """These groups get the members that their classes have now."""
        for key, provider in wanted:
            group = self.groups[key, provider]
            members, owners = self.members(self.schools[group.school], key.split("/")[2])
            self.groups[key, provider] = replace(group, members=members, owners=owners)

    def groups_of(self, line: Line) -> list[tuple[str, str]]:
        """The groups that are on this line of the table."""
        return [key for key, group in self.groups.items() if group.line == line]

    def without_owner(self, wanted: Iterable[tuple[str, str]]) -> frozenset[str]:
        """Schools with such a group of which nobody who owned it is there any more."""
        return frozenset(
            group.school
            for group in (self.groups[key] for key in wanted)
            if not any(self._is_at(key, group.school) for key in group.owners)
        )

    def see_cases(self, kind: str, schools: Iterable[str], line: Line) -> None:
        """These schools have an open case each, which is resolved before the year is over."""
        numbers = frozenset(schools)
        self.act(SeeCases(kind, numbers, line))
        self.cases += [Case(kind, number, open=False) for number in sorted(numbers)]

    def act(self, act: Act) -> None:
        """This happens next."""
        self._acts.append(act)

    def end_stage(self, title: str) -> None:
        """What happened since the last stage goes under this heading."""
        self.stages.append(Stage(title, tuple(self._acts)))
        self._acts = []

    def move_clock(self, to: datetime) -> None:
        """Time goes on."""
        self.now = to
        self.act(MoveClock(to))

    def upload(self, state: SchoolState) -> Upload:
        """The school's next upload; every other school sends JSON lines."""
        form: Form = "jsonl" if int(state.plan.number) % 2 else "zip"
        return Upload(state.snapshot(self.now), form)

    def decided_upload(self, state: SchoolState, *, runs: int) -> Upload:
        """An upload about which somebody decides; with what is decided it makes so many runs."""
        upload = self.upload(state)
        self.runs[upload.school] += runs
        self.last_upload[upload.school] = upload
        return upload

    def open(self, state: SchoolState) -> None:
        """A school has its first day: from now on it takes part."""
        self.schools[state.plan.number] = state

    def close(self, state: SchoolState) -> None:
        """The school is no more; what is expected of its people stays."""
        del self.schools[state.plan.number]

    def push(self, states: Iterable[SchoolState], *, kill: str | None = None) -> None:
        """These schools send what they have."""
        uploads = tuple(self.upload(state) for state in states)
        for upload in uploads:
            self.runs[upload.school] += 1
            self.last_upload[upload.school] = upload
        self.act(Push(uploads, kill))

    def reach(
        self,
        name: str,
        keys: Iterable[str] = (),
        *,
        groups: Iterable[tuple[str, str]] = (),
        line: Line | None = None,
    ) -> None:
        """These persons and groups come to be as the ledger has them; ``line`` reports it."""
        persons = [self.persons[key] for key in keys]
        teams = [self.groups[wanted] for wanted in groups]
        if line is not None:
            persons = [replace(person, line=line) for person in persons]
            teams = [replace(group, line=line) for group in teams]
        self.act(Reach(Checkpoint(name, tuple(persons), tuple(teams), line is not None)))

    def fail_on_purpose(self, faults: Iterable[ProviderFault]) -> None:
        """From now on the providers do wrong by these groups."""
        made = tuple(faults)
        self.provider_faults += made
        self.act(FailOnPurpose(made))

    def reject(self, state: SchoolState, local_id: str, column: str) -> None:
        """A row of this school is rejected from now on, because of this column."""
        self.rejected.setdefault(state.plan.number, []).append((local_id, column))

    def rejected_rows(self) -> tuple[RejectedRow, ...]:
        """Where the rejected rows stand in each school's last upload."""
        rows = []
        for school, entries in self.rejected.items():
            upload = self.last_upload[school]
            for local_id, column in entries:
                file, line = line_of_user(upload.snapshot, local_id, form=upload.form)
                rows.append(RejectedRow(school, file, line, column))
        return tuple(rows)
