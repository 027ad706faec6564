"""Work out what a run would publish and what would be held, without doing it.

Publishing carries the plan out; a preview shows it. Nothing is written.
"""

import asyncio
import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import NamedTuple

import orjson

from hwb_mis_ingest.application.guard_ports import HeldList, HeldSaying, Seasons
from hwb_mis_ingest.application.keep_back import kept_back_news
from hwb_mis_ingest.application.ports import (
    ClassToKeep,
    PublishedClass,
    Records,
    RecordToKeep,
    UploadReader,
)
from hwb_mis_ingest.application.publication import KeptBackNews, Publication, Saying
from hwb_mis_ingest.application.wording import ClassWording, digest_of
from hwb_mis_ingest.domain.difference import Word, words_of_run
from hwb_mis_ingest.domain.kept_back import held_row
from hwb_mis_ingest.domain.merged import (
    LastSaid,
    MergedFiles,
    is_whole,
    last_class,
    without_the_unsaid,
)
from hwb_mis_ingest.domain.rows import CARRIED_LINE, Mode, Table, UploadFiles
from hwb_mis_ingest.domain.season_guard import (
    HoldReason,
    LetThrough,
    Roll,
    Rules,
    Taken,
    classes_of,
    first_followed_year,
    held_words,
    season_on,
    taken_by,
)
from hwb_mis_ingest.domain.snapshot import (
    NobodyThereError,
    Snapshot,
    WrongSchoolError,
    assemble,
)
from hwb_mis_ingest.errors import nobody_there, wrong_school
from hwb_runtime.database import Session
from hwb_runtime.files import SchoolRegister
from hwb_schemas.calendar import RolloverCalendar
from hwb_schemas.events import RunCounts
from hwb_schemas.refs import PersonRefs
from hwb_schemas.words import ClassState, RecordKind, RecordState


class Prepared(NamedTuple):
    """A snapshot with the JSON and digest of every good row, by the same index as its people."""

    snapshot: Snapshot
    bodies: list[bytes]
    digests: list[str]


@dataclass(frozen=True, slots=True)
class RunPlan:
    """What a run comes to. ``words`` are those that are published; they take away ``taken``."""

    snapshot: Snapshot
    words: Sequence[Word]
    taken: Taken
    publication: Publication
    held: HeldList
    counts: RunCounts
    rules: Rules


@dataclass(frozen=True, slots=True)
class RunPlanner:
    """Judges an upload and compares it with what its school last said."""

    records: Records
    seasons: Seasons
    reader: UploadReader
    refs: PersonRefs
    calendar: RolloverCalendar
    register: SchoolRegister

    async def plan(self, session: Session, *, school: str, data: bytes, today: date) -> RunPlan:
        """The whole plan. Raises UploadRefusedError where the upload cannot be taken."""
        published = await self.records.classes(session, school)
        files = await asyncio.to_thread(self.reader.open, data)
        said = None
        if not is_whole(files):
            said = await self._last_said(session, school, published)
        prepared = await asyncio.to_thread(self._prepare, files, said, school, published)
        snapshot = prepared.snapshot
        words = without_the_unsaid(await self._compare(session, school, prepared), files)
        rules, taken, reasons = await self._guard(session, school, words, today)
        let_through = [word for index, word in enumerate(words) if index not in reasons]
        classes, held_classes = await self._classes(
            session, school, snapshot, published, [words[index] for index in reasons]
        )
        held_rows = [
            HeldSaying(_saying(words[index], prepared), reason) for index, reason in reasons.items()
        ]
        kept_back = await self._kept_back(session, school, snapshot, words, reasons, files)
        sayings = [_saying(word, prepared) for word in let_through]
        publication = Publication(sayings, classes, kept_back)
        learners = sum(1 for person in snapshot.people if person.kind is RecordKind.LEARNER)
        return RunPlan(
            snapshot=snapshot,
            words=let_through,
            taken=taken.without(reasons),
            publication=publication,
            held=HeldList(held_rows, held_classes, _digest_of_list(held_rows)),
            counts=RunCounts(
                learners=learners,
                staff=len(snapshot.people) - learners,
                classes=len(snapshot.classes),
                rejected=snapshot.rejected_rows,
                missing=sum(1 for word in let_through if word.state is RecordState.MISSING),
                changes=publication.changes,
                class_changes=len(classes),
                held=len(held_rows),
                kept_back=len(kept_back),
            ),
            rules=rules,
        )

    async def _last_said(
        self, session: Session, school: str, published: Sequence[PublishedClass]
    ) -> LastSaid:
        keys = [one.class_key for one in published if one.current]
        bodies = await self.records.class_bodies(session, school, keys)
        local_ids = {one.class_key: one.local_id for one in published}
        classes = [
            last_class(key, local_ids[key], orjson.loads(body)) for key, body in bodies.items()
        ]
        return LastSaid(await self.records.everyone(session, school), classes)

    def _prepare(
        self,
        files: UploadFiles,
        said: LastSaid | None,
        school: str,
        classes: Sequence[PublishedClass],
    ) -> Prepared:
        current = {one.local_id: one.class_key for one in classes if one.current}
        whole = files if said is None else MergedFiles(files, said)
        try:
            snapshot = assemble(whole, school=school, published_classes=current)
        except WrongSchoolError as error:
            raise wrong_school(error.school, error.found) from error
        except NobodyThereError as error:
            raise nobody_there() from error
        bodies = [orjson.dumps(person.record) for person in snapshot.people]
        return Prepared(snapshot, bodies, [digest_of(body) for body in bodies])

    async def _compare(self, session: Session, school: str, prepared: Prepared) -> list[Word]:
        people = prepared.snapshot.people
        differing, vanished = await self.records.compare(session, school, people, prepared.digests)
        return words_of_run(
            people=people,
            differing=differing,
            vanished=vanished,
            shield=prepared.snapshot.shield,
            birth_date_unsure=prepared.snapshot.birth_date_unsure,
        )

    async def _guard(
        self, session: Session, school: str, words: Sequence[Word], today: date
    ) -> tuple[Rules, Taken, dict[int, HoldReason]]:
        is_closing = await self.seasons.is_closing(session, school)
        rules = rules_for(school, today, self.calendar, self.register, is_closing=is_closing)
        taken, roll, so_far = taken_by(words, rules.followed_from), Roll(), LetThrough()
        if taken.stopping or taken.places:
            roll = await self.seasons.roll(session, school, rules.season.name)
            so_far = await self.seasons.let_through(session, school, rules.season.name)
        return rules, taken, held_words(words, taken, roll=roll, so_far=so_far, rules=rules)

    async def _kept_back(
        self,
        session: Session,
        school: str,
        snapshot: Snapshot,
        words: Sequence[Word],
        reasons: Mapping[int, HoldReason],
        files: UploadFiles,
    ) -> KeptBackNews:
        """What is said of rejected and held rows, for diagnosis only."""
        now = list(snapshot.rejected_people)
        for index, reason in reasons.items():
            word = words[index]
            now.append(held_row(word.kind, word.code, word.record, reason=reason.value))
        mentioned = None
        if files.mode(Table.USERS) is not Mode.BULK:
            mentioned = {
                (one.kind, one.code) for one in snapshot.people if one.line != CARRIED_LINE
            }
        return await kept_back_news(
            session,
            self.records,
            school,
            now=now,
            said=[
                (word.kind, word.code) for index, word in enumerate(words) if index not in reasons
            ],
            mentioned=mentioned,
        )

    async def _classes(
        self,
        session: Session,
        school: str,
        snapshot: Snapshot,
        published: Sequence[PublishedClass],
        held: Sequence[Word],
    ) -> tuple[list[ClassToKeep], list[ClassToKeep]]:
        """What is new of classes, without the held rows and, where that differs, with them."""
        unsure = {local_id for one in snapshot.classes.values() for _, local_id in one.unsure}
        codes: Mapping[tuple[RecordKind, str], str] = {}
        if unsure:
            codes = await self.records.codes_of(session, school, sorted(unsure))
        places = {
            (word.kind, word.code): frozenset(classes_of(word.before.record) if word.before else ())
            for word in held
        }
        staying = frozenset(key for keys in places.values() for key in keys)
        gone = [
            one
            for one in published
            if one.current
            and one.class_key not in snapshot.classes
            and one.class_key not in snapshot.rejected_class_keys
        ]
        bodies = {}
        if gone:
            keys = [one.class_key for one in gone]
            bodies = await self.records.class_bodies(session, school, keys)
        withdrawn = [
            ClassToKeep(
                one.class_key,
                one.local_id,
                ClassState.WITHDRAWN.value,
                one.digest,
                bodies[one.class_key],
            )
            for one in gone
        ]
        # With its id: a rejected row of another MIS must find the class that was published.
        last = {one.class_key: (one.digest, one.local_id) for one in published if one.current}
        now = _current_classes(snapshot, ClassWording(school, self.refs, places), codes)
        changes = [
            one for one in now.values() if last.get(one.class_key) != (one.digest, one.local_id)
        ]
        changes += [one for one in withdrawn if one.class_key not in staying]
        if not held:
            return changes, []
        then = _current_classes(snapshot, ClassWording(school, self.refs, {}), codes)
        waiting = [one for key, one in then.items() if one.digest != now[key].digest]
        waiting += [one for one in withdrawn if one.class_key in staying]
        return changes, waiting


def rules_for(
    school: str,
    today: date,
    calendar: RolloverCalendar,
    register: SchoolRegister,
    *,
    is_closing: bool,
) -> Rules:
    """What holds for this school on this day."""
    registered = register.school(school)
    return Rules(
        season=season_on(today, calendar, register.authority_of(school)),
        limits=calendar.guard,
        top_year_groups=frozenset(registered.top_year_groups if registered else ()),
        followed_from=first_followed_year(today, calendar),
        is_closing=is_closing,
    )


def _current_classes(
    snapshot: Snapshot, wording: ClassWording, codes: Mapping[tuple[RecordKind, str], str]
) -> dict[str, ClassToKeep]:
    current = ClassState.CURRENT.value
    found = {}
    for key, one in snapshot.classes.items():
        body = wording.body(one, codes)
        found[key] = ClassToKeep(key, one.local_id, current, digest_of(body), body)
    return found


def _saying(word: Word, prepared: Prepared) -> Saying:
    """A word as it is published and kept.

    Where we added something to what the school stated, the digest is still that of its row: the
    same upload again must find nothing new.
    """
    if word.stated is None:
        body = orjson.dumps(word.record)
        local_id = str(word.record.get("local_id", ""))
        kept = RecordToKeep(word.kind.value, word.code, word.state.value, "", local_id, None, body)
        return Saying(kept, word.changed, state_only=True)
    person = prepared.snapshot.people[word.stated]
    body, digest = prepared.bodies[word.stated], prepared.digests[word.stated]
    if word.record is not person.record:
        body = orjson.dumps(word.record)
        if word.derived_former_upn is None:
            digest = digest_of(body)
        else:
            digest = digest_of(orjson.dumps({**word.record, "former_upn": None}))
    kept = RecordToKeep(
        word.kind.value,
        word.code,
        word.state.value,
        digest,
        person.local_id,
        word.derived_former_upn,
        body,
    )
    return Saying(kept, word.changed, is_new=word.is_new)


def _digest_of_list(rows: Sequence[HeldSaying]) -> str:
    """What a person approves: the same list, in whatever order it came, has the same digest."""
    lines = sorted(
        orjson.dumps(
            [
                one.saying.record.kind,
                one.saying.record.code,
                one.saying.record.state,
                one.saying.record.digest,
                one.reason.value,
            ]
        )
        for one in rows
    )
    return hashlib.sha256(b"\n".join(lines)).hexdigest()
