"""docs/reference/who-may-do-what.md: which role may call which operation, from the operations."""

from typing import Any, cast

from fastapi.dependencies.models import Dependant
from fastapi.routing import APIRoute

from hwb_groups.bootstrap import SERVICE as GROUPS
from hwb_identity.bootstrap import SERVICE as IDENTITY
from hwb_mis_ingest.bootstrap import SERVICE as MIS_INGEST
from hwb_notifier.bootstrap import SERVICE as NOTIFIER
from hwb_runtime.auth import RoleGuard
from hwb_runtime.service import Service
from hwb_runtime.testing import platform_on_paper
from hwb_schemas.words import Role

COLUMNS = {
    Role.DIGITAL_CHAMPION: "Digital Champion",
    Role.SCHOOL_ADMINISTRATOR: "School Administrator",
    Role.TEACHER: "Teacher",
    Role.NETWORK_MANAGER: "Network Manager",
    Role.LOCAL_AUTHORITY: "Local Authority",
    Role.SERVICE_DESK: "Service Desk",
    Role.OPERATOR: "Operator",
    Role.SERVICE: "Service",
}

INTRODUCTION = """# Who may do what

Every request carries a bearer token. `libs/runtime` (`hwb_runtime.auth`) reads from it who calls, in
which role and for which school or authority; nothing else decides.

## The token

A JSON Web Token of the sign-in provider (OpenID Connect), signed with one of the listed algorithms.
Issuer (`iss`), audience (`aud`) and end (`exp`) must be there and right; clocks may differ by the
leeway. The provider's public keys (JWKS) come from its discovery document, an address or a file. A key
id that is not known makes them be fetched again, at most every ten seconds; so the provider may change
its keys whenever it likes. Withdrawn keys are forgotten within the hour.

| claim | holds | setting that names another claim |
| --- | --- | --- |
| `sub` | the account id; groups finds a teacher's own classes by it | `OIDC_SUBJECT_CLAIM` |
| `hwb_role` | one of the roles below, or a list with exactly one of them | `OIDC_ROLE_CLAIM`; `OIDC_ROLES` maps the provider's words |
| `hwb_school` | the seven-digit school number, for the first four roles | `OIDC_SCHOOL_CLAIM` |
| `hwb_authority` | the three-digit code, for a Local Authority | `OIDC_AUTHORITY_CLAIM` |

[Settings](settings.md) has them all. No token or a wrong one is answered with 401, one that does not
say enough, another role or another school with 403. A token is looked at once, when the request begins:
an upload may take longer than its token lasts.

Services get tokens of their own from the provider by client credentials, with the role `service`.

## Provisioning Clients

A client signs in with its school's credentials: `POST /v1/tokens` at mis-ingest (RFC 6749 4.4, in the form
or by HTTP Basic) gives a token for a quarter of an hour, which acts as the school's Network Manager at
mis-ingest and nowhere else. An operator makes credentials (`POST /v1/schools/{school}/clients`: the answer
is the client's credentials file, and shows the secret once; `hwb-provision credentials issue` writes it), gives them a new secret (`…/rotate`: the one
before goes on for two weeks, or as asked; at most two are good at once) and ends them (`…/revoke`: at
once, tokens included). Kept are SHA-256 digests alone.

Ten wrong secrets in a row are answered with 401, further ones with 429 and `Retry-After`; the right one is
taken at any time. One credential may send one school's data twenty times in a row and once a minute in the
long run; then 429 and `Retry-After`, which the client follows. Previews are counted likewise, by themselves.
Uploads in parts count when they are begun
and, with the others, when they are taken; only whoever began one sees it.

## One machine

`python -m hwb_rehearsal.issuer` is a provider for demo, tutorial and tests: discovery document, keys,
and tokens by client credentials for every role. It refuses to run unless `HWB_ENV` is `local`, and the
services fetch keys without TLS only there.

## Scope

School staff and Network Managers: their school. A Local Authority: the schools whose number begins with
its code. Service Desk, Operator and Service: all. In groups a Teacher has his or her own classes; in
identity any Teacher may find and reset any learner of the school.

## Operations
"""


def reference_roles() -> str:
    """The whole page."""
    tables = [_table(service) for service in (MIS_INGEST, IDENTITY, GROUPS, NOTIFIER)]
    return "\n".join([INTRODUCTION, *tables])


def _table(service: Service) -> str:
    app = service.api(platform_on_paper(service))
    lines = [
        f"### {service.name}\n",
        "| operation | " + " | ".join(COLUMNS.values()) + " |",
        "| --- |" + " :-: |" * len(COLUMNS),
    ]
    for route in app.routes:
        if not isinstance(route, APIRoute) or not route.include_in_schema:
            continue
        roles = _roles_of(route.dependant)
        marks = ["yes" if role in roles else "" for role in COLUMNS]
        lines += [
            f"| `{method} {route.path}` | " + " | ".join(marks) + " |"
            for method in sorted(route.methods or ())
        ]
    return "\n".join([*lines, ""])


def _roles_of(operation: Dependant) -> frozenset[Role]:
    """Empty for an operation that anybody may call; a guard may stand behind other dependencies."""
    for dependency in operation.dependencies:
        call = cast("Any", dependency.call)
        roles = call.roles if isinstance(call, RoleGuard) else _roles_of(dependency)
        if roles:
            return roles
    return frozenset()
