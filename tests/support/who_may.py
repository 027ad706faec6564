"""What people agreed on: each operation with the roles that may call it."""

from collections.abc import Mapping

from tests.support.access import DC, HERE, LA, NM, OP, SA, SD, SV, May, T, everybody_but, may

from hwb_schemas.words import Role

S = "/v1/schools/{school}"
R = f"{S}/runs/{{run_id}}"
A = "/v1/accounts/{account_id}"
DIGEST = {"digest": "0" * 64}
ANNOUNCED = {"length": 1, "sha256": "0" * 64}
DECIDERS = (DC, SA, LA, SD, OP)

OF_MIS_INGEST = {
    f"POST {S}/uploads": may(NM, LA, OP, SV, elsewhere="refused"),
    f"POST {S}/upload-sessions": may(NM, LA, OP, SV, elsewhere="refused", body=ANNOUNCED),
    f"GET {S}/upload-sessions/{{session_id}}": may(NM, LA, OP, SV, elsewhere="refused"),
    f"PATCH {S}/upload-sessions/{{session_id}}": may(NM, LA, OP, SV, elsewhere="refused"),
    f"POST {S}/upload-sessions/{{session_id}}/finish": may(NM, LA, OP, SV, elsewhere="refused"),
    f"POST {S}/preview": everybody_but(T, elsewhere="refused"),
    f"GET {S}/runs": everybody_but(T, elsewhere="refused"),
    f"GET {R}": everybody_but(T, elsewhere="refused"),
    f"GET {R}/report": everybody_but(T, elsewhere="refused"),
    f"GET {R}/held": everybody_but(T, elsewhere="refused"),
    f"POST {R}/approve": may(*DECIDERS, elsewhere="refused", body=DIGEST),
    f"POST {R}/discard": may(*DECIDERS, elsewhere="refused", body=DIGEST),
    f"POST {R}/rollback": may(*DECIDERS, elsewhere="refused"),
    f"POST {S}/closing": may(LA, SD, OP, elsewhere="refused", body={"school": HERE}),
    "GET /v1/provisioning-status": everybody_but(T, elsewhere="refused", query={"school": HERE}),
    f"POST {S}/clients": may(OP, elsewhere="national"),
    f"GET {S}/clients": may(OP, SD, elsewhere="national"),
    f"POST {S}/clients/{{client_id}}/rotate": may(OP, elsewhere="national"),
    f"POST {S}/clients/{{client_id}}/revoke": may(OP, elsewhere="national"),
}
MANUAL = {"role": "non_mis", "forename": "A", "surname": "B", "owner": "C", "reason": "Because"}
TRANSFER = {"school": HERE, "staff_code": "AB", "previous_school": "6604028"}
DIAGNOSIS = {"symptom": "learner_missing", "school": HERE, "upn": "R201100018042"}
OF_IDENTITY = {
    "GET /v1/accounts": everybody_but(NM, elsewhere="refused", query={"school": HERE}),
    "POST /v1/accounts/search": everybody_but(NM, elsewhere="refused", body={"school": HERE}),
    f"GET {A}": everybody_but(NM, elsewhere="hidden"),
    f"GET {A}/history": may(SD, OP, elsewhere="national"),
    f"GET {S}/pending": may(*Role, elsewhere="refused"),
    "POST /v1/staff-transfers": may(DC, SA, SD, elsewhere="refused", body=TRANSFER),
    "GET /v1/staff-transfers/{case_key:path}": may(SD, elsewhere="national"),
    "POST /v1/staff-transfers/{case_key:path}/decision": may(SD, elsewhere="national"),
    f"POST {A}/password": may(DC, T, elsewhere="hidden"),
    f"POST {A}/password/reset": may(DC, T, elsewhere="hidden"),
    "POST /v1/password-checks": may(SV, elsewhere="national"),
    "POST /v1/diagnosis": everybody_but(NM, SV, elsewhere="refused", body=DIAGNOSIS),
    "GET /v1/doubts": may(SD, elsewhere="national"),
    "GET /v1/doubts/{case_key:path}": may(SD, elsewhere="national"),
    "POST /v1/doubts/{case_key:path}/decision": may(SD, elsewhere="national"),
    f"GET {S}/deletions": may(*DECIDERS, elsewhere="refused"),
    "GET /v1/deletions": may(SD, OP, elsewhere="national"),
    "POST /v1/deletions/approval": may(SD, OP, elsewhere="national"),
    f"POST {A}/deactivate": may(DC, SD, elsewhere="hidden"),
    f"POST {A}/reactivate": may(DC, SD, elsewhere="hidden"),
    f"POST {A}/rename": may(DC, SD, elsewhere="hidden"),
    f"POST {S}/manual-accounts": may(DC, elsewhere="refused", body=MANUAL),
    f"GET {S}/manual-accounts": may(DC, LA, SD, elsewhere="refused", query={"role": "governor"}),
    f"POST {A}/extend": may(DC, elsewhere="hidden"),
    f"POST {A}/review": may(DC, elsewhere="hidden"),
    f"POST {A}/transfer": may(DC, SA, T, elsewhere="hidden"),
    "POST /v1/previews": everybody_but(T, elsewhere="refused", body={"school": HERE, "words": []}),
}
OF_GROUPS = {
    f"GET {S}/classes": everybody_but(NM, elsewhere="refused"),
    f"GET {S}/class": everybody_but(
        NM, elsewhere="refused", query={"class_key": f"{HERE}/2021-22/7A"}
    ),
    "GET /v1/groups": everybody_but(NM, elsewhere="refused", query={"school": HERE}),
    "GET /v1/groups/{group_id}": everybody_but(NM, elsewhere="hidden"),
    "POST /v1/previews": everybody_but(
        T, elsewhere="refused", body={"school": HERE, "classes": [], "accounts": []}
    ),
    "POST /v1/groups": may(DC, SA, T, SD, OP, elsewhere="hidden"),
    "GET /v1/archive-runs/dry-run": may(SD, OP, elsewhere="national"),
    "GET /v1/archive-runs": may(SD, OP, elsewhere="national"),
    "GET /v1/archive-runs/{run_id}": may(SD, OP, elsewhere="national"),
    "POST /v1/archive-runs": may(OP, elsewhere="national"),
    "POST /v1/archive-runs/{run_id}/pause": may(OP, elsewhere="national"),
    "POST /v1/archive-runs/{run_id}/resume": may(OP, elsewhere="national"),
    "POST /v1/archive-runs/{run_id}/cancel": may(OP, elsewhere="national"),
    "POST /v1/groups/{group_id}/restore": may(DC, SA, T, SD, OP, elsewhere="hidden"),
}
OF_NOTIFIER = {
    "GET /v1/cases": everybody_but(T, NM, elsewhere="refused", query={"school": HERE}),
    "GET /v1/cases/{case_key:path}": everybody_but(T, NM, elsewhere="hidden"),
    "POST /v1/cases/{case_key:path}/comment": may(SD, OP, elsewhere="national"),
    "POST /v1/cases/{case_key:path}/assign": may(SD, OP, elsewhere="national"),
    "POST /v1/cases/{case_key:path}/resolve": may(SD, OP, elsewhere="national"),
    "POST /v1/cases/{case_key:path}/decide": may(SD, OP, elsewhere="national"),
    "POST /v1/bounces": may(
        SV, elsewhere="national", body={"message_id": "<a@b>", "status": "5.1.1"}
    ),
}
EXPECTED: dict[str, Mapping[str, May]] = {
    "mis-ingest": OF_MIS_INGEST,
    "identity": OF_IDENTITY,
    "groups": OF_GROUPS,
    "notifier": OF_NOTIFIER,
}
OPEN = {"POST /v1/tokens"}
"""Where somebody is without a token because it is what gives one."""
