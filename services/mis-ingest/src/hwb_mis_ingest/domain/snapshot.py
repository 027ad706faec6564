"""One school's whole snapshot: good people, good classes, and what was rejected, put together."""

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

from hwb_mis_ingest.domain.judgement import (
    LEARNER_ROLES,
    STAFF_ROLES,
    YEAR_GROUPS,
    Person,
    faults_of_any_row,
    is_iso_date,
    judge_learner,
    judge_staff,
)
from hwb_mis_ingest.domain.kept_back import KeptBack, rejected_row, rejected_rows
from hwb_mis_ingest.domain.reasons import Reason
from hwb_mis_ingest.domain.rows import (
    CARRIED_LINE,
    COLUMNS,
    Fault,
    Rejection,
    Table,
    UploadFiles,
)
from hwb_mis_ingest.domain.value_class import ValueClass, value_class_of
from hwb_schemas.refs import class_key
from hwb_schemas.words import RecordKind

MOST_PARENTS = 10
"""Between a grading period and its school year; those who are each other's parent end nowhere."""

ENROLMENT_KINDS = {"student": RecordKind.LEARNER, "teacher": RecordKind.STAFF}


class WrongSchoolError(Exception):
    """The upload is of another school: ``found`` is the number that it names, None for none.

    Nothing was changed. Send the file to the school that it belongs to.
    """

    def __init__(self, school: str, found: str | None) -> None:
        super().__init__(f"the upload names school {found}, not {school}")
        self.school = school
        self.found = found


class NobodyThereError(Exception):
    """The upload has no row about a learner or a member of staff, or every class list is empty.

    Nothing was changed: an empty file is never "everyone left", nor "every class empty". Export the
    data again.
    """


class Listing(NamedTuple):
    """One row of enrollments that can be read: who is in which class."""

    class_id: str
    kind: RecordKind
    line: int


@dataclass(frozen=True, slots=True)
class SchoolClass:
    """A good class row with its lists: codes of good people, and ids of rejected ones.

    ``unsure`` are sourcedIds of rejected rows that the class lists: those of them who were
    published before stay in it, because a rejected row changes nothing.
    """

    class_key: str
    local_id: str
    academic_year: str
    class_code: str
    title: str
    year_group: str | None
    teachers: list[str] = field(default_factory=list)
    members: list[str] = field(default_factory=list)
    unsure: list[tuple[RecordKind, str]] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Shield:
    """What identifies rejected rows: whoever was published under one of these is not missing."""

    codes: frozenset[str]
    local_ids: frozenset[str]
    admission_numbers: frozenset[str]

    def covers(self, code: str, local_id: str, admission_number: str | None) -> bool:
        """Whether a published record may be one of the rejected rows."""
        return (
            code in self.codes
            or local_id in self.local_ids
            or (admission_number is not None and admission_number in self.admission_numbers)
        )


@dataclass(frozen=True, slots=True)
class Snapshot:
    """What an upload says. ``classes`` are by class key.

    ``birth_date_unsure`` are codes of people whose row of demographics was rejected;
    ``rejected_class_keys`` are published classes whose row was rejected: both stay as they were.
    ``rejected_people`` are those whose rows were rejected and whose keys are good.
    """

    people: list[Person]
    classes: dict[str, SchoolClass]
    rejections: list[Rejection]
    rejected_rows: int
    ignored_rows: int
    shield: Shield
    birth_date_unsure: frozenset[str]
    rejected_class_keys: frozenset[str]
    rejected_people: list[KeptBack]


def assemble(files: UploadFiles, *, school: str, published_classes: Mapping[str, str]) -> Snapshot:
    """Judge every row and put people and classes together.

    ``published_classes`` gives the class key last published for a sourcedId, for rows that are
    rejected now. Raises WrongSchoolError and NobodyThereError.
    """
    return _Assembly(files, school, published_classes).run()


def school_of(files: UploadFiles, school: str) -> str:
    """The sourcedId of the one school in orgs. Raises WrongSchoolError."""
    schools = [
        row.values
        for row in files.rows(Table.ORGS)
        if row.values is not None and row.values[1] == "school"
    ]
    if len(schools) != 1:
        raise WrongSchoolError(school, None)
    local_id, _, number = schools[0]
    if number != school:
        raise WrongSchoolError(school, number)
    return local_id


class _Assembly:
    def __init__(
        self, files: UploadFiles, school: str, published_classes: Mapping[str, str]
    ) -> None:
        self._files = files
        self._school = school
        self._published_classes = published_classes
        self._org = school_of(files, school)
        self._rejections: list[Rejection] = []
        self._rejected_rows: set[tuple[Table, int]] = set()
        self._rejected_people: list[KeptBack] = []
        self._ignored = 0
        self._codes: set[str] = set()
        self._local_ids: set[str] = set()
        self._admission_numbers: set[str] = set()
        self._class_key_of: dict[str, str] = {}
        self._rejected_class_ids: set[str] = set()
        self._rejected_class_keys: set[str] = set()
        self._birth_dates: dict[str, str] = {}
        self._no_birth_date: set[str] = set()
        self._users: set[str] = set()

    def run(self) -> Snapshot:
        classes = self._read_classes(self._school_years())
        listings = self._read_listings()
        self._read_birth_dates()
        people = self._without_doubles(self._read_people())
        if not people and not self._local_ids:
            raise NobodyThereError
        for person in people:
            listed = listings.get(person.local_id)
            if listed:
                person.record["classes"] = self._enter(person, listed, classes)
        good = {person.local_id for person in people}
        for local_id, listed in listings.items():
            if local_id not in good:
                self._enter_rejected(local_id, listed, classes)
        if classes and not any(
            one.members or one.teachers or one.unsure for one in classes.values()
        ):
            raise NobodyThereError
        self._rejections.sort(key=lambda rejection: (rejection.file, rejection.line))
        return Snapshot(
            people=people,
            classes=classes,
            rejections=self._rejections,
            rejected_rows=len(self._rejected_rows),
            ignored_rows=self._ignored,
            shield=Shield(
                frozenset(self._codes),
                frozenset(self._local_ids),
                frozenset(self._admission_numbers),
            ),
            birth_date_unsure=frozenset(
                person.code for person in people if person.local_id in self._no_birth_date
            ),
            rejected_class_keys=frozenset(self._rejected_class_keys),
            rejected_people=rejected_rows(self._rejected_people, people),
        )

    def _reject(
        self,
        table: Table,
        line: int,
        faults: list[Fault],
        values: tuple[str, ...] | None = None,
    ) -> None:
        if line == CARRIED_LINE:
            return
        self._rejected_rows.add((table, line))
        self._rejections += [
            Rejection(
                *self._files.place(table, line, fault.field),
                fault.reason,
                _value_class(table, fault.field, values),
            )
            for fault in faults
        ]

    def _readable(self, table: Table) -> Iterator[tuple[int, tuple[str, ...], list[Fault]]]:
        """Lines of the header's width with what any row may have wrong; others are rejected."""
        columns = COLUMNS[table]
        for line, values, local_id in self._files.rows(table):
            if values is None:
                self._reject(table, line, [Fault("", Reason.ROW_WIDTH)])
                self._shield_broken(table, local_id)
            else:
                yield line, values, faults_of_any_row(values, columns)

    def _shield_broken(self, table: Table, local_id: str) -> None:
        if table is Table.USERS:
            self._local_ids.add(local_id)
            self._users.add(local_id)
        elif table is Table.CLASSES:
            self._keep_class(local_id)
        elif table is Table.DEMOGRAPHICS:
            self._no_birth_date.add(local_id)

    def _school_years(self) -> dict[str, str]:
        """The academic year of every session, found through its parents."""
        own: dict[str, str] = {}
        parents: dict[str, str] = {}
        for row in self._files.rows(Table.ACADEMIC_SESSIONS):
            if row.values is None:
                self._reject(Table.ACADEMIC_SESSIONS, row.line, [Fault("", Reason.ROW_WIDTH)])
                continue
            local_id, _, ends_in, parent = row.values
            parents[local_id] = parent
            if year := academic_year(ends_in):
                own[local_id] = year
        years: dict[str, str] = {}
        for session in parents:
            path: list[str] = []
            ancestor = session
            while ancestor in parents and ancestor not in own and ancestor not in years:
                if not parents[ancestor] or len(path) > MOST_PARENTS:
                    break
                path.append(ancestor)
                ancestor = parents[ancestor]
            year = own.get(ancestor) or years.get(ancestor)
            if year is not None:
                years.update(dict.fromkeys([*path, session], year))
        return years

    def _read_classes(self, years: Mapping[str, str]) -> dict[str, SchoolClass]:
        good: list[tuple[int, SchoolClass]] = []
        for line, values, faults in self._readable(Table.CLASSES):
            local_id, _, title, grades, code, org, terms = values
            found = {years.get(term.strip()) for term in terms.split(",")}
            year = found.pop() if len(found) == 1 else None
            if not code:
                faults.append(Fault("classCode", Reason.CLASS_CODE_MISSING))
            if year is None:
                faults.append(Fault("termSourcedIds", Reason.CLASS_YEAR_UNKNOWN))
            if org and org != self._org:
                faults.append(Fault("schoolSourcedId", Reason.OTHER_SCHOOL))
            if faults or year is None:
                self._reject(Table.CLASSES, line, faults, values)
                self._keep_class(local_id)
                continue
            key = class_key(self._school, year, code)
            year_group = grades if grades in YEAR_GROUPS else None
            good.append((line, SchoolClass(key, local_id, year, code, title or code, year_group)))
        keys = Counter(one.class_key for _, one in good)
        ids = Counter(one.local_id for _, one in good)
        classes = {}
        for line, one in good:
            if ids[one.local_id] > 1:
                self._reject(Table.CLASSES, line, [Fault("sourcedId", Reason.SOURCED_ID_TWICE)])
            elif keys[one.class_key] > 1:
                self._reject(Table.CLASSES, line, [Fault("classCode", Reason.CLASS_CODE_TWICE)])
            else:
                classes[one.class_key] = one
                self._class_key_of[one.local_id] = one.class_key
                continue
            self._rejected_class_keys.add(one.class_key)
            self._keep_class(one.local_id)
        return classes

    def _keep_class(self, local_id: str) -> None:
        """A class row is rejected: the class that was published stays, and its people in it."""
        self._rejected_class_ids.add(local_id)
        if key := self._published_classes.get(local_id):
            self._class_key_of[local_id] = key
            self._rejected_class_keys.add(key)

    def _read_listings(self) -> dict[str, list[Listing]]:
        listings: defaultdict[str, list[Listing]] = defaultdict(list)
        for line, values, faults in self._readable(Table.ENROLLMENTS):
            _, _, class_id, org, user_id, role = values
            kind = ENROLMENT_KINDS.get(role)
            if kind is None and not faults:
                self._ignored += 1
                continue
            if org and org != self._org:
                faults.append(Fault("schoolSourcedId", Reason.OTHER_SCHOOL))
            if class_id not in self._class_key_of and class_id not in self._rejected_class_ids:
                faults.append(Fault("classSourcedId", Reason.CLASS_UNKNOWN))
            if faults or kind is None:
                self._reject(Table.ENROLLMENTS, line, faults, values)
                continue
            listings[user_id].append(Listing(class_id, kind, line))
        return listings

    def _read_birth_dates(self) -> None:
        for line, values, faults in self._readable(Table.DEMOGRAPHICS):
            local_id, _, birth_date = values
            if birth_date and not is_iso_date(birth_date):
                faults.append(Fault("birthDate", Reason.DATE_INVALID))
            if faults:
                self._reject(Table.DEMOGRAPHICS, line, faults, values)
                self._no_birth_date.add(local_id)
            elif birth_date:
                self._birth_dates[local_id] = birth_date

    def _read_people(self) -> Iterator[Person]:
        for line, values, faults in self._readable(Table.USERS):
            local_id, orgs, role = values[0], values[2], values[3]
            self._users.add(local_id)
            if role in LEARNER_ROLES:
                judge = judge_learner
            elif role in STAFF_ROLES:
                judge = judge_staff
            else:
                self._ignored += 1
                continue
            if orgs != self._org and orgs and self._org not in orgs.split(","):
                faults.append(Fault("orgSourcedIds", Reason.OTHER_SCHOOL))
            person = judge(values, line, self._birth_dates.get(local_id), faults)
            if faults:
                self._reject_person(person, faults, values)
            else:
                yield person

    def _reject_person(
        self, person: Person, faults: list[Fault], values: tuple[str, ...] | None = None
    ) -> None:
        self._reject(Table.USERS, person.line, faults, values)
        row = rejected_row(person, faults) if person.line != CARRIED_LINE else None
        if row is not None:
            self._rejected_people.append(row)
        self._codes.add(person.code)
        self._local_ids.add(person.local_id)
        if person.admission_number:
            self._admission_numbers.add(person.admission_number)

    def _without_doubles(self, people: Iterator[Person]) -> list[Person]:
        """Two rows with one UPN, staff code or sourcedId are both rejected."""
        found = list(people)
        codes = Counter((person.kind, person.code) for person in found)
        ids = Counter(person.local_id for person in found)
        if len(codes) == len(ids) == len(found):
            return found
        good = []
        for person in found:
            faults = []
            if codes[person.kind, person.code] > 1:
                twice = {
                    RecordKind.LEARNER: Reason.UPN_TWICE,
                    RecordKind.STAFF: Reason.STAFF_CODE_TWICE,
                }
                faults.append(Fault("identifier", twice[person.kind]))
            if ids[person.local_id] > 1:
                faults.append(Fault("sourcedId", Reason.SOURCED_ID_TWICE))
            if faults:
                self._reject_person(person, faults)
            else:
                good.append(person)
        return good

    def _enter(
        self, person: Person, listed: list[Listing], classes: Mapping[str, SchoolClass]
    ) -> list[str]:
        """Put a good person on the class lists; gives the class keys, sorted."""
        keys = set()
        for listing in listed:
            if listing.kind is not person.kind:
                faults = [Fault("role", Reason.ENROLMENT_ROLE_DISAGREES)]
                self._reject(Table.ENROLLMENTS, listing.line, faults)
                continue
            key = self._class_key_of.get(listing.class_id)
            if key is None or key in keys:
                continue
            keys.add(key)
            if one := classes.get(key):
                (one.members if person.kind is RecordKind.LEARNER else one.teachers).append(
                    person.code
                )
        return sorted(keys)

    def _enter_rejected(
        self, local_id: str, listed: list[Listing], classes: Mapping[str, SchoolClass]
    ) -> None:
        for listing in listed:
            if local_id not in self._users:
                faults = [Fault("userSourcedId", Reason.USER_UNKNOWN)]
                self._reject(Table.ENROLLMENTS, listing.line, faults)
            elif local_id in self._local_ids:
                one = classes.get(self._class_key_of.get(listing.class_id, ""))
                if one:
                    one.unsure.append((listing.kind, local_id))


def _value_class(table: Table, field: str, values: tuple[str, ...] | None) -> ValueClass:
    if values is None or field not in COLUMNS[table]:
        return ValueClass.NONE
    return value_class_of(values[COLUMNS[table].index(field)])


def academic_year(ends_in: str) -> str | None:
    """``2021-22`` for the school year that ends in 2022; None for what is not a year."""
    if len(ends_in) != len("2022") or not ends_in.isascii() or not ends_in.isdigit():
        return None
    year = int(ends_in)
    return f"{year - 1}-{year % 100:02d}"
