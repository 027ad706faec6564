"""An example of every body and answer, put into the OpenAPI document beside its schema.

They tell one story: a learner and a member of staff of two made-up schools in July 2022.
"""

from typing import Any

from fastapi import FastAPI

from hwb_runtime.openapi import amend_openapi

_LEARNER = "01821111-7d00-7000-8000-000000000001"
_STAFF = "01821111-7d00-7000-8000-000000000002"
_OLD_STAFF = "01821111-7d00-7000-8000-000000000003"
_REF = "k1:Zm9yIGV4YW1wbGUgb25seQ"
_TRANSFER = f"identity/staff_transfer/{_STAFF}"
_DOUBT = "identity/merge_proposed/k1:Zm9yIGV4YW1wbGUgb25seQ"
_CHANGED_AT = "2022-07-18T10:00:00Z"
_ACCOUNT = {
    "account_id": _LEARNER,
    "role": "learner",
    "status": "active",
    "sign_in_name": "pritcharda17",
    "display_name": "Angharad Pritchard",
    "home_school": "6602027",
    "released_from": None,
    "other_schools": [],
    "year_group": "6",
    "classes": ["6602027/2021-22/6A"],
    "person_refs": [_REF],
    "version": 3,
    "etag": '"3"',
    "changed_at": _CHANGED_AT,
}
_DOUBT_SHOWN = {
    "case_key": _DOUBT,
    "kind": "merge_proposed",
    "school": "6604027",
    "account_id": _LEARNER,
    "other_account_id": None,
    "raised_at": _CHANGED_AT,
    "state": "open",
}
_DECIDED = {
    "state": "asked",
    "account_id": _LEARNER,
    "status": "active",
    "etag": '"3"',
    "question": "Are you sure you wish to deactivate this user account?",
    "question_cy": "Ydych chi'n siŵr eich bod am anactifadu'r cyfrif defnyddiwr hwn?",
    "confirm": "0f1e2d3c4b5a69788796a5b4c3d2e1f0",
}
_WAITS = {
    "says": "Waiting for the previous school: contact your local authority.",
    "says_cy": "Yn aros am yr ysgol flaenorol: cysylltwch â'ch awdurdod lleol.",
}

EXAMPLES: dict[str, Any] = {
    "AccountsWanted": {"school": "6602027", "year_group": "6", "display_name": "Pritch"},
    "AccountPage": {"items": [_ACCOUNT], "next": None},
    "AccountShown": _ACCOUNT,
    "HistoryPage": {
        "items": [
            {
                "version": 4,
                "changed_at": _CHANGED_AT,
                "change": "deactivated",
                "cause": "command:account_deactivated",
                "by": "dc-6602027",
                "reason": "left the school",
                "account": {"status": "inactive", "home_school": "6602027"},
            }
        ]
    },
    "PendingPage": {
        "items": [{"person_ref": _REF, "since": "2022-08-16", **_WAITS, "held_by": None}]
    },
    "TransferWanted": {
        "school": "6604027",
        "staff_code": "SLO",
        "previous_school": "6602027",
        "previous_staff_code": "S1",
        "note": "keeps last year's lessons",
    },
    "OwnTransfer": {"previous_school": "6602027", "note": "keeps last year's lessons"},
    "TransferAsked": {"case_key": _TRANSFER},
    "TransferShown": {
        "case_key": _TRANSFER,
        "school": "6604027",
        "previous_school": "6602027",
        "account_id": _STAFF,
        "previous_account_id": _OLD_STAFF,
        "state": "open",
        "etag": '"1.4"',
    },
    "TransferDecision": {"decision": "approve", "reason": "both schools agree in writing"},
    "TransferDecided": {"case_key": _TRANSFER, "state": "approved"},
    "PasswordShown": {
        "account_id": _LEARNER,
        "sign_in_name": "pritcharda17",
        "password": None,
        "made_at": _CHANGED_AT,
        "says": "This password cannot be seen any more. Reset it.",
        "says_cy": "Nid yw'r cyfrinair hwn i'w weld mwyach. Ailosodwch ef.",
    },
    "SignIn": {"sign_in_name": "pritcharda17", "password": "what-was-typed"},
    "SignInChecked": {"account_id": _LEARNER},
    "Asked": {"symptom": "learner_missing", "school": "6604027", "upn": "R201100018042"},
    "Diagnosis": {
        "symptom": "learner_missing",
        "school": "6604027",
        "checks": [
            {
                "check": "previous_school",
                "outcome": "problem",
                "code": "pending",
                **_WAITS,
                "evidence": {"since": "2022-08-16"},
            }
        ],
        "cause": "pending",
        **_WAITS,
        "next_step": {**_WAITS, "by": "local_authority"},
        "contacts": {
            "client_managed_by": None,
            "local_authority": "Ynys Môn",
            "local_authority_mail": "ysgolion@example.org",
            "service_desk_mail": "hwb@gov.wales",
            "service_desk_phone": "03000 25 25 25",
            "support_centre": "https://hwb.gov.wales/support-centre",
        },
    },
    "DoubtPage": {"items": [_DOUBT_SHOWN], "next": None},
    "Comparison": {
        **_DOUBT_SHOWN,
        "etag": '"3.0"',
        "sides": [
            {
                "account_id": _LEARNER,
                "display_name": "Angharad Pritchard",
                "sign_in_name": "pritcharda17",
                "status": "active",
                "home_school": "6602027",
                "records": [],
            }
        ],
    },
    "Verdict": {"decision": "different_people", "reason": "two sisters"},
    "Judged": {"case_key": _DOUBT, "state": "different_people"},
    "AnnouncedPage": {
        "items": [
            {
                "account_id": _LEARNER,
                "display_name": "Angharad Pritchard",
                "role": "learner",
                "deletes_on": "2023-07-15",
                "kept_account_id": None,
            }
        ],
        "next": None,
    },
    "Held": {
        "due": 212,
        "lately": 40,
        "accounts": 489_000,
        "held": True,
        "etag": f'"{"0" * 64}"',
    },
    "Approval": {"reason": "a school closed last summer"},
    "Approved": {"accounts": 212},
    "Deactivation": {"reason": "left the school"},
    "Reactivation": {"reason": "came back"},
    "Decided": _DECIDED,
    "Renaming": {
        "forename": "Angharad",
        "surname": "Evans",
        "sign_in_name": "new",
        "reason": "the family's name has changed",
    },
    "Renamed": {
        "account_id": _LEARNER,
        "display_name": "Angharad Evans",
        "sign_in_name": "a.evans12@hwbcymru.net",
        "aliases": ["a.pritchard7@hwbcymru.net"],
        "etag": '"4"',
    },
    "Wanted": {
        "role": "governor",
        "forename": "Gwen",
        "surname": "Jones",
        "owner": "Headteacher",
        "reason": "parent governor",
        "ends_on": "2023-08-31",
    },
    "Made": {"account_id": _STAFF},
    "ReviewList": {
        "items": [
            {
                "account_id": _STAFF,
                "display_name": "Gwen Jones",
                "sign_in_name": "jonesg3",
                "status": "active",
                "etag": '"1"',
                "owner": "Headteacher",
                "reason": "parent governor",
                "ends_on": "2023-08-31",
                "ended": False,
                "created_at": _CHANGED_AT,
                "reviewed_at": None,
                "confirmed_with": None,
                "review_due": True,
            }
        ]
    },
    "WordsToPreview": {
        "school": "6602027",
        "words": [
            {
                "kind": "learner",
                "school": "6602027",
                "run_id": "0b8f2c34-9a0e-4a57-8d7a-6a53c1b6d0a1",
                "run_seq": 14,
                "state": "left",
                "changed": ["leaving_date"],
                "received_at": _CHANGED_AT,
                "record": {
                    "upn": "R201100018042",
                    "surname": "Pritchard",
                    "forename": "Angharad",
                    "leaving_date": "2022-07-15",
                },
            }
        ],
    },
    "AccountsPreview": {
        "changes": [
            {
                "number": 0,
                "change": "released",
                "is_new": False,
                "account": {
                    "account_id": _LEARNER,
                    "role": "learner",
                    "version": 4,
                    "status": "inactive",
                    "sign_in_name": "pritcharda17",
                    "home_school": None,
                    "elsewhere": False,
                    "other_schools": [],
                    "year_group": None,
                    "classes": [],
                    "person_refs": [_REF],
                },
            }
        ],
        "pending": [],
        "doubtful": [],
    },
    "Extension": {"ends_on": "2023-12-31"},
    "Extended": {"account_id": _STAFF, "etag": '"2"'},
    "Review": {"confirmed_with": "headteacher"},
    "Reviewed": {"account_id": _STAFF},
}


def show_examples(api: FastAPI) -> None:
    """Add the examples to the document when somebody first asks for it."""
    amend_openapi(api, _add_examples)


def _add_examples(document: dict[str, Any]) -> None:
    for operations in document["paths"].values():
        for operation in operations.values():
            contents = [operation.get("requestBody", {}).get("content", {})]
            contents += [
                answer.get("content", {})
                for status, answer in operation["responses"].items()
                if status.startswith("2")
            ]
            for content in contents:
                _show(content.get("application/json"))


def _show(media: dict[str, Any] | None) -> None:
    if media is None:
        return
    name = media.get("schema", {}).get("$ref", "").rsplit("/", 1)[-1]
    if name in EXAMPLES:
        media["example"] = EXAMPLES[name]
