"""What a family of schools' runs contains, told from its words alone, and how often families do."""

import itertools
from collections import Counter
from collections.abc import Callable, Iterable, Iterator

from tests.support import identity_oracle as oracle
from tests.support.calendars import CALENDAR_2022
from tests.support.identity_histories import DAYS, LAST_DAY, History, Lane

from hwb_identity.domain.enrolment import Enrolment
from hwb_schemas.words import EnrolmentStatus, RecordState

LEAST_SHARE = 0.05
LEAST_MOVES = 0.5


def _dated(history: History, learner: str) -> Iterator[tuple[int, Enrolment]]:
    keys = {key for key, of in history.learners if of == learner}
    for lane in history.lanes:
        for heard in lane:
            for word in heard.words:
                if word.key in keys:
                    yield heard.day, word


def _of_a_learner(
    shows: Callable[[list[tuple[int, Enrolment]]], bool],
) -> Callable[[History], bool]:
    """Whether what was said of one of the learners shows a feature."""

    def in_history(history: History) -> bool:
        learners = {of for _, of in history.learners}
        return any(shows(list(_dated(history, learner))) for learner in learners)

    return in_history


def _claims(day: int, word: Enrolment) -> bool:
    return oracle.claims(word, DAYS[day], CALENDAR_2022)


def _moves(said: list[tuple[int, Enrolment]]) -> bool:
    """One school claims and then lets go; another claims."""
    claiming = {word.school for day, word in said if _claims(day, word)}
    claiming |= {w.school for _, w in said if oracle.claims(w, LAST_DAY, CALENDAR_2022)}
    let_go = {
        word.school
        for word in (word for _, word in said)
        if word.state is RecordState.LEFT and word.status in _MAIN and word.school in claiming
    }
    return bool(let_go) and len(claiming) > 1


_MAIN = (EnrolmentStatus.CURRENT, EnrolmentStatus.MAIN)


def _pairs(said: list[tuple[int, Enrolment]]) -> Iterator[tuple[Enrolment, Enrolment]]:
    """What one school said of a learner, and what it said next."""
    by_school: dict[str, dict[int, Enrolment]] = {}
    for _, word in said:
        if word.state is not RecordState.REPLACED:
            by_school.setdefault(word.school, {})[word.run_seq] = word
    for words in by_school.values():
        yield from itertools.pairwise(word for _, word in sorted(words.items()))


def _is_back(before: Enrolment, after: Enrolment) -> bool:
    was, is_ = RecordState.LEFT, RecordState.ON_ROLL
    return before.state is was and after.state is is_ and after.status in _MAIN


def _returns(said: list[tuple[int, Enrolment]]) -> bool:
    return any(_is_back(one, two) and one.begins != two.begins for one, two in _pairs(said))


def _leaving_date_withdrawn(said: list[tuple[int, Enrolment]]) -> bool:
    return any(_is_back(one, two) and one.begins == two.begins for one, two in _pairs(said))


def _leaving_date_to_come(said: list[tuple[int, Enrolment]]) -> bool:
    return any(word.leaving is not None and word.leaving > DAYS[day] for day, word in said)


def _is_said(state: RecordState) -> Callable[[list[tuple[int, Enrolment]]], bool]:
    return lambda said: any(word.state is state for _, word in said)


def _dual(status: EnrolmentStatus) -> Callable[[list[tuple[int, Enrolment]]], bool]:
    """One school has the learner as current or main while another has the second enrolment."""

    def shows(said: list[tuple[int, Enrolment]]) -> bool:
        second = {word.school for _, word in said if word.status is status}
        main = {word.school for day, word in said if _claims(day, word)}
        return any(one != two for one in second for two in main)

    return shows


def _upn_changed(said: list[tuple[int, Enrolment]]) -> bool:
    """The same school says first the one UPN, then the other."""
    return any(word.state is RecordState.REPLACED for _, word in said)


def _former_upn_stated(said: list[tuple[int, Enrolment]]) -> bool:
    """A school states as a former UPN what it never had itself."""
    own = {(word.school, word.key) for _, word in said}
    return any(
        word.former_key is not None and (word.school, word.former_key) not in own
        for _, word in said
    )


def _temporary_to_permanent(said: list[tuple[int, Enrolment]]) -> bool:
    return any(word.former_key is not None and word.former_key[-1].isalpha() for _, word in said)


def _in_a_lane(
    shows: Callable[[Lane], bool],
) -> Callable[[History], bool]:
    return lambda history: any(shows(lane) for lane in history.lanes)


def _duplicated(lane: Lane) -> bool:
    return any(one == two for one, two in itertools.pairwise(lane))


def _redelivered(lane: Lane) -> bool:
    """A run comes in again after a later one."""
    newest = 0
    for heard in lane:
        seq = max(word.run_seq for word in heard.words)
        if seq < newest:
            return True
        newest = seq
    return False


FEATURES: dict[str, Callable[[History], bool]] = {
    "moves": _of_a_learner(_moves),
    "returns": _of_a_learner(_returns),
    "leaving dates withdrawn": _of_a_learner(_leaving_date_withdrawn),
    "leaving dates to come": _of_a_learner(_leaving_date_to_come),
    "missing records": _of_a_learner(_is_said(RecordState.MISSING)),
    "dual registration, main and subsidiary": _of_a_learner(_dual(EnrolmentStatus.SUBSIDIARY)),
    "dual registration, guests": _of_a_learner(_dual(EnrolmentStatus.GUEST)),
    "UPN changed at a school": _of_a_learner(_upn_changed),
    "former UPN stated by another school": _of_a_learner(_former_upn_stated),
    "temporary UPN to permanent": _of_a_learner(_temporary_to_permanent),
    "duplicates": _in_a_lane(_duplicated),
    "redeliveries": _in_a_lane(_redelivered),
}


def count_features(histories: Iterable[History]) -> Counter[str]:
    """In how many of these families each feature occurs."""
    found: Counter[str] = Counter()
    for history in histories:
        found.update(name for name, shows in FEATURES.items() if shows(history))
    return found


def too_rare(found: Counter[str], histories: int) -> list[str]:
    """The features that occur less often than issue 4 asks."""
    return [
        name
        for name in FEATURES
        if found[name] < histories * (LEAST_MOVES if name == "moves" else LEAST_SHARE)
    ]
