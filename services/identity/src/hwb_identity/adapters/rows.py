"""People to rows and back: the one place that knows how a person is kept in PostgreSQL."""

from collections.abc import Sequence
from datetime import date
from typing import Any

import orjson

from hwb_identity.adapters.copy_lines import (
    EMPTY_ARRAY,
    NULL,
    array_field,
    field,
    json_field,
)
from hwb_identity.domain.enrolment import Enrolment
from hwb_identity.domain.home import Decision, DecisionKind, Standing
from hwb_identity.domain.person import Account, Person, Waiting
from hwb_identity.domain.retention import Retention
from hwb_schemas.words import AccountRole, AccountStatus, EnrolmentStatus, RecordState

COLUMNS = (
    "key",
    "held_by",
    "role",
    "keys",
    "enrolments",
    "decisions",
    "account_id",
    "sign_in_name",
    "display_name",
    "version",
    "home_school",
    "released_from",
    "status",
    "year_group",
    "classes",
    "other_schools",
    "waiting",
    "next_due",
    "released_on",
    "deletes_on",
    "changed_at",
)
_SELECTED_AS = {
    "account_id": "account_id::text",
    # What is nearly always empty is not parsed, and what never is by one call alone.
    "enrolments": "enrolments::text",
    "decisions": "nullif(decisions, '[]')",
    "waiting": "nullif(waiting, '[]')",
}
SELECTED = ", ".join(_SELECTED_AS.get(column, column) for column in COLUMNS[:-1])

# A call of an enumeration costs ten times a look-up, and there are three a row.
_ROLES = {role.value: role for role in AccountRole}
_STATES = {state.value: state for state in RecordState}
_STATUSES = {status.value: status for status in EnrolmentStatus}
_SIGN_INS = {status.value: status for status in AccountStatus}


def person_of(row: Sequence[Any]) -> Person:
    """The person in a row of ``SELECTED`` columns."""
    role = _ROLES[row[2]]
    account = standing = None
    waiting: tuple[Waiting, ...] = ()
    if row[16] is not None:
        waiting = tuple(
            Waiting(school, date.fromisoformat(since), *cases) for school, since, *cases in row[16]
        )
    if row[6] is not None:
        account = Account(row[6], role, row[7], row[8], row[9])
        standing = Standing(
            row[10],
            row[11],
            _SIGN_INS[row[12]],
            row[13],
            tuple(row[14]),
            tuple(row[15]),
            tuple([one.school for one in waiting]),
        )
    key = row[0]
    return Person(
        key,
        role,
        tuple(row[3]),
        tuple([_enrolment(value, key) for value in orjson.loads(row[4])]),
        tuple(_decision(value) for value in row[5]) if row[5] is not None else (),
        account,
        standing,
        waiting,
        row[17],
        Retention(row[18], row[19]) if row[18] is not None else None,
    )


def line_of(person: Person, changed_at: str) -> str:
    """A person's COPY line, in the order of ``COLUMNS``."""
    account, standing = person.account, person.standing
    if account is None or standing is None:
        told = _NO_ACCOUNT
    else:
        told = "\t".join(
            (
                account.account_id,
                field(account.sign_in_name),
                field(account.display_name),
                str(account.version),
                field(standing.home),
                field(standing.released_from),
                standing.status,
                field(standing.year_group),
                array_field(standing.classes),
                array_field(standing.other_schools),
            )
        )
    return "\t".join(
        (
            field(person.key),
            NULL,
            person.role,
            array_field(person.keys),
            _json([_plain(one, person.key) for one in person.enrolments]),
            _json([_plain_decision(one) for one in person.decisions]) if person.decisions else "[]",
            told,
            _json([tuple(one) for one in person.waiting]) if person.waiting else "[]",
            person.next_due.isoformat() if person.next_due else NULL,
            _retention(person.retention) if person.retention else _NOT_RELEASED,
            changed_at,
        )
    )


def link_line(key: str, held_by: str, role: AccountRole, changed_at: str) -> str:
    """The COPY line of a key whose person another row holds."""
    linked = (field(key), field(held_by), role, EMPTY_ARRAY, "[]", "[]")
    return "\t".join((*linked, _NO_ACCOUNT, "[]", NULL, _NOT_RELEASED, changed_at))


def _retention(retention: Retention) -> str:
    released_on, deletes_on = retention
    return f"{released_on.isoformat()}\t{deletes_on.isoformat() if deletes_on else NULL}"


_NOT_RELEASED = f"{NULL}\t{NULL}"
_NO_ACCOUNT = "\t".join((NULL, NULL, NULL, "0", *[NULL] * 6))


def _json(value: Any) -> str:
    return json_field(orjson.dumps(value).decode())


def _plain(enrolment: Enrolment, key: str) -> tuple[Any, ...]:
    """An enrolment as JSON; its key is left out where it is the row's, which is nearly always."""
    if enrolment.key == key:
        return (*enrolment[:1], None, *enrolment[2:])
    return tuple(enrolment)


def _enrolment(value: Sequence[Any], key: str) -> Enrolment:
    born, begins, leaving, left = value[11], value[5], value[6], value[13]
    return Enrolment(
        value[0],
        value[1] or key,
        value[2],
        _STATES[value[3]],
        _STATUSES[value[4]],
        date.fromisoformat(begins) if begins else None,
        date.fromisoformat(leaving) if leaving else None,
        value[7],
        tuple(value[8]),
        value[9],
        value[10],
        date.fromisoformat(born) if born else None,
        value[12],
        date.fromisoformat(left) if left else None,
    )


def _decision(value: Sequence[Any]) -> Decision:
    return Decision(DecisionKind(value[0]), *value[1:])


def _plain_decision(decision: Decision) -> tuple[Any, ...]:
    return (decision.kind.value, decision.by, decision.made_at, decision.reason, decision.other)
