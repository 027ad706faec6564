"""Puts a preview into words."""

from collections import Counter
from typing import Any

import orjson

from hwb_mis_ingest.application.guard_ports import HeldSaying
from hwb_mis_ingest.application.preview_run import GroupChange as GroupWouldChange
from hwb_mis_ingest.application.preview_run import Preview
from hwb_mis_ingest.domain.hold_words import WHY_HELD, BothLanguages
from hwb_mis_ingest.entrypoints import decision_replies as replies

NOT_KNOWN = {
    "identity": BothLanguages(
        "What becomes of accounts and groups is not known now: the service that keeps accounts did "
        "not answer. The rest of this preview is right; ask again in a few minutes.",
        "Ni wyddys ar hyn o bryd beth a ddaw o gyfrifon a grwpiau: nid atebodd y gwasanaeth sy'n "
        "cadw cyfrifon. Mae gweddill y rhagolwg hwn yn gywir; gofynnwch eto ymhen ychydig funudau.",
    ),
    "groups": BothLanguages(
        "What becomes of Teams and Classrooms is not known now: the service that keeps them did "
        "not answer. The rest of this preview is right; ask again in a few minutes.",
        "Ni wyddys ar hyn o bryd beth a ddaw o Teams a Classrooms: nid atebodd y gwasanaeth sy'n "
        "eu cadw. Mae gweddill y rhagolwg hwn yn gywir; gofynnwch eto ymhen ychydig funudau.",
    ),
}


def who_of(kind: str, local_id: str, record: bytes) -> replies.Who:
    """A person as the school knows him or her."""
    read = orjson.loads(record)
    return replies.Who(
        kind=kind,
        local_id=read.get("local_id", local_id),
        forename=read.get("forename", ""),
        surname=read.get("surname", ""),
        year_group=read.get("year_group"),
    )


def held_row(one: HeldSaying) -> replies.HeldRow:
    """A held row with its reason in both languages."""
    record, why = one.saying.record, WHY_HELD[one.reason]
    return replies.HeldRow(
        who=who_of(record.kind, record.local_id, record.record),
        state=record.state,
        changed=list(one.saying.changed),
        reason=one.reason.value,
        why=why.en,
        why_cy=why.cy,
    )


def preview_reply(school: str, preview: Preview, limit: int) -> replies.Preview:
    """The reply; lists end at ``limit``."""
    plan = preview.plan
    sayings = plan.publication.sayings
    people = [who_of(one.record.kind, one.record.local_id, one.record.record) for one in sayings]
    return replies.Preview(
        school=school,
        counts=plan.counts,
        held_digest=plan.held.digest if plan.held.rows else None,
        changes=[
            replies.Change(
                who=who, state=one.record.state, changed=list(one.changed), is_new=one.is_new
            )
            for one, who in zip(sayings[:limit], people, strict=False)
        ],
        held=[held_row(one) for one in plan.held.rows[:limit]],
        classes=[
            replies.ClassChange(class_key=one.class_key, state=one.state)
            for one in plan.publication.classes[:limit]
        ],
        rejected_fields=[
            f"{one.file}, line {one.line}: {one.field}: {one.reason.value}"
            for one in plan.snapshot.rejections[:limit]
        ],
        accounts=_accounts(school, preview, people, limit),
        groups=_groups(preview, people, limit),
    )


def _not_known(preview: Preview) -> dict[str, Any]:
    why = NOT_KNOWN[preview.away[0]]
    return {"known": False, "says": why.en, "says_cy": why.cy}


def _accounts(
    school: str, preview: Preview, people: list[replies.Who], limit: int
) -> replies.Accounts:
    found = preview.accounts
    if found is None:
        return replies.Accounts(**_not_known(preview))
    return replies.Accounts(
        known=True,
        counts=dict(Counter(one.change for one in found.changes)),
        changes=[
            replies.AccountChange(
                who=people[one.number],
                change=one.change,
                is_new=one.is_new,
                account_id=None if one.is_new else one.account["account_id"],
                status=one.account["status"],
                home=_home(school, one.account["home_school"], elsewhere=one.account["elsewhere"]),
                year_group=one.account["year_group"],
                classes=one.account["classes"],
            )
            for one in found.changes[:limit]
        ],
        pending=[people[number] for number in found.pending[:limit]],
        doubtful=[people[number] for number in found.doubtful[:limit]],
    )


def _home(school: str, home: str | None, *, elsewhere: bool) -> Any:
    if elsewhere or home not in (None, school):
        return "elsewhere"
    return "here" if home else "nowhere"


def _groups(preview: Preview, people: list[replies.Who], limit: int) -> replies.Groups:
    if preview.groups is None or preview.accounts is None:
        return replies.Groups(**_not_known(preview))
    changes = preview.accounts.changes
    known = {one.account["account_id"]: people[one.number] for one in changes}
    new = {one.account["account_id"] for one in changes if one.is_new}
    return replies.Groups(
        known=True, changes=[_group(one, known, new) for one in preview.groups[:limit]]
    )


def _group(
    one: GroupWouldChange, known: dict[str, replies.Who], new: set[str]
) -> replies.GroupChange:
    members = [
        {
            "account_id": None if account_id in new else account_id,
            "who": known.get(account_id),
            "role": role,
        }
        for account_id, role in one.members.items()
    ]
    return replies.GroupChange.model_validate(
        {
            "group_id": one.group_id,
            "provider": one.provider,
            "class_key": one.class_key,
            "title": one.title,
            "members": members,
        }
    )
