"""The part of the API for credentials of Provisioning Clients, and the tokens they get for them."""

from base64 import b64decode
from binascii import Error as Base64Error
from datetime import datetime
from typing import Annotated, Literal
from urllib.parse import unquote_plus

import structlog
from fastapi import FastAPI, Form, Header, Response
from fastapi import Path as PathParameter
from pydantic import BaseModel, ConfigDict, Field

from hwb_mis_ingest.adapters.client_table import ClientTable
from hwb_mis_ingest.adapters.pace_table import take_one
from hwb_mis_ingest.application.clients import Client, ClientDesk, NewSecret
from hwb_mis_ingest.client_errors import (
    CredentialsRefusedError,
    GrantUnknownError,
    TooManySignInsError,
)
from hwb_mis_ingest.domain.pace import Pace
from hwb_mis_ingest.entrypoints.callers import CredentialsReader, Operator
from hwb_mis_ingest.settings import Settings
from hwb_runtime.commands import IdempotencyKey, Reply, command_once
from hwb_runtime.platform import Platform
from hwb_runtime.problem_answers import also_answers
from hwb_runtime.texts import A_NUMBER, SchoolNumber
from hwb_runtime.unit_of_work import UnitOfWork

ClientId = Annotated[
    str, PathParameter(pattern=r"^hwb-[0-9]{7}-[0-9a-f]{8}$", examples=["hwb-6604027-1a2b3c4d"])
]
WRONG_SECRETS = Pace(at_once=10, per_hour=30)
LONGEST_OVERLAP_HOURS = 24 * 90
_SAYS = (
    "Put client_id and client_secret into the client's credentials file now: the secret is not"
    " shown again."
)
_SAYS_CY = (
    "Rhowch client_id a client_secret yn ffeil manylion y cleient darparu nawr: ni ddangosir y"
    " gyfrinach eto."
)
_SAYS_SHOWN = "The secret was shown when this was asked the first time. If it was lost, rotate."
_SAYS_SHOWN_CY = (
    "Dangoswyd y gyfrinach y tro cyntaf y gofynnwyd. Os collwyd hi, gofynnwch am un newydd."
)

log = structlog.get_logger("hwb_mis_ingest.clients")


class SecretShown(BaseModel):
    """When a secret was made; ``ends_at`` is set once a newer one is there."""

    made_at: datetime
    made_by: str
    ends_at: datetime | None


class ClientShown(BaseModel):
    """Credentials of a school's client, without the secret; ``secrets`` are those good now."""

    client_id: str
    school: str
    made_at: datetime
    made_by: str
    revoked_at: datetime | None
    revoked_by: str | None
    secrets: list[SecretShown]


class ClientsShown(BaseModel):
    """Oldest first, revoked ones included."""

    items: list[ClientShown]


class SecretMade(BaseModel):
    """What goes into the client's credentials file. ``client_secret`` is null in a repeated answer.

    ``previous_ends_at`` is when the secret before this one ends.
    """

    client_id: str
    school: str
    client_secret: str | None
    previous_ends_at: datetime | None
    says: str
    says_cy: str


class Rotation(BaseModel):
    """For how long the secret so far goes on beside the new one; 0 for not at all."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [{}]})

    overlap_hours: Annotated[int, Field(ge=0, le=LONGEST_OVERLAP_HOURS), A_NUMBER] = 24 * 14


class Revoked(BaseModel):
    """Nothing of it is good any more."""

    client_id: str
    state: Literal["revoked"] = "revoked"


class TokenGiven(BaseModel):
    """RFC 6749 5.1; ``expires_in`` is in seconds."""

    access_token: str
    token_type: Literal["Bearer"] = "Bearer"  # noqa: S105 - a kind of token
    expires_in: int


def add_client_routes(app: FastAPI, platform: Platform, desk: ClientDesk) -> None:
    """Add the routes to the application of ``make_api``."""
    _add_decisions(app, platform, desk)
    _add_tokens(app, platform, desk)


def _add_decisions(app: FastAPI, platform: Platform, desk: ClientDesk) -> None:
    @app.post(
        "/v1/schools/{school}/clients",
        status_code=201,
        summary="Make credentials for a school's Provisioning Client",
    )
    async def make(
        school: SchoolNumber, caller: Operator, idempotency_key: IdempotencyKey, response: Response
    ) -> SecretMade:
        """Others that the school has go on: each computer may have its own."""
        made: list[NewSecret] = []

        async def effect(uow: UnitOfWork) -> Reply:
            made.append(await desk.make(uow, school, by=caller.subject))
            return _stored(201, school, made[0])

        reply = await command_once(
            platform.units_of_work,
            key=idempotency_key,
            caller=caller,
            request=f"make client {school}".encode(),
            effect=effect,
        )
        return _made(reply, made, response)

    @app.get("/v1/schools/{school}/clients", summary="Credentials of a school's clients")
    async def clients(school: SchoolNumber, _caller: CredentialsReader) -> ClientsShown:
        """Which there are, and how old their secrets."""
        async with platform.database.transaction() as session:
            found = await ClientTable(session).of_school(school)
        return ClientsShown(items=[_shown(one) for one in found])

    @app.post(
        "/v1/schools/{school}/clients/{client_id}/rotate",
        summary="Give a client a new secret",
    )
    async def rotate(
        school: SchoolNumber,
        client_id: ClientId,
        wanted: Rotation,
        caller: Operator,
        idempotency_key: IdempotencyKey,
        response: Response,
    ) -> SecretMade:
        """The secret so far goes on for a while, so that the school can change it in its own time.

        At most two are good at once.
        """
        made: list[NewSecret] = []

        async def effect(uow: UnitOfWork) -> Reply:
            hours = wanted.overlap_hours
            made.append(
                await desk.rotate(uow, school, client_id, overlap_hours=hours, by=caller.subject)
            )
            return _stored(200, school, made[0])

        reply = await command_once(
            platform.units_of_work,
            key=idempotency_key,
            caller=caller,
            request=f"rotate client {school} {client_id} {wanted.overlap_hours}".encode(),
            effect=effect,
        )
        return _made(reply, made, response)

    @app.post("/v1/schools/{school}/clients/{client_id}/revoke", summary="End a client's access")
    async def revoke(
        school: SchoolNumber, client_id: ClientId, caller: Operator, idempotency_key: IdempotencyKey
    ) -> Revoked:
        """At once: neither its secrets nor the tokens that it has are good any more."""

        async def effect(uow: UnitOfWork) -> Reply:
            await desk.revoke(uow, school, client_id, by=caller.subject)
            return Reply(200, {"client_id": client_id})

        await command_once(
            platform.units_of_work,
            key=idempotency_key,
            caller=caller,
            request=f"revoke client {school} {client_id}".encode(),
            effect=effect,
        )
        log.info("client_revoked", client_id=client_id, school=school, by=caller.subject)
        return Revoked(client_id=client_id)


def _add_tokens(app: FastAPI, platform: Platform, desk: ClientDesk) -> None:
    settings: Settings = platform.settings

    @app.post(
        "/v1/tokens",
        summary="Sign a Provisioning Client in",
        responses=also_answers(401, 429),
    )
    async def token(
        response: Response,
        grant_type: Annotated[
            str, Form(examples=["client_credentials"], min_length=1, max_length=100)
        ],
        client_id: Annotated[str, Form(max_length=200)] = "",
        client_secret: Annotated[str, Form(max_length=200)] = "",
        authorization: Annotated[str, Header(include_in_schema=False)] = "",
    ) -> TokenGiven:
        """A token for client credentials (RFC 6749 4.4), in the form or by HTTP Basic."""
        if grant_type != "client_credentials":
            raise GrantUnknownError
        if authorization:
            client_id, client_secret = _basic(authorization)
        if not client_id.isprintable():
            client_id = ""
        async with platform.database.transaction() as session:
            given = await desk.sign_in(session, client_id, client_secret)
        if given is None:
            await _refuse(client_id)
            raise CredentialsRefusedError
        response.headers["Cache-Control"] = "no-store"
        return TokenGiven(access_token=given, expires_in=settings.client_token_seconds)

    async def _refuse(client_id: str) -> None:
        """Counted in a transaction of its own, and made-up ids together: they are without end."""
        async with platform.database.transaction() as session:
            known = await ClientTable(session).knows(client_id)
            what = f"wrong secret {client_id if known else '?'}"
            wait = await take_one(session, what, WRONG_SECRETS)
        log.warning("client_refused", client_id=client_id if known else None)
        if wait:
            raise TooManySignInsError(seconds=wait)


def _stored(status: int, school: str, made: NewSecret) -> Reply:
    """What is kept of the answer: everything but the secret."""
    ends_at = made.previous_ends_at
    body = {
        "client_id": made.client_id,
        "school": school,
        "previous_ends_at": ends_at.isoformat() if ends_at else None,
    }
    return Reply(status, body)


def _made(reply: Reply, made: list[NewSecret], response: Response) -> SecretMade:
    response.headers["Cache-Control"] = "no-store"
    if not made:
        return SecretMade(
            **reply.body, client_secret=None, says=_SAYS_SHOWN, says_cy=_SAYS_SHOWN_CY
        )
    log.info("client_secret_made", client_id=made[0].client_id)
    secret = made[0].client_secret
    return SecretMade(**reply.body, client_secret=secret, says=_SAYS, says_cy=_SAYS_CY)


def _shown(client: Client) -> ClientShown:
    return ClientShown(
        client_id=client.client_id,
        school=client.school,
        made_at=client.made_at,
        made_by=client.made_by,
        revoked_at=client.revoked_at,
        revoked_by=client.revoked_by,
        secrets=[
            SecretShown(made_at=one.made_at, made_by=one.made_by, ends_at=one.ends_at)
            for one in client.secrets
        ],
    )


def _basic(header: str) -> tuple[str, str]:
    """Id and secret of HTTP Basic, as RFC 6749 2.3.1 writes them; nobody's where unreadable."""
    scheme, _, packed = header.partition(" ")
    if scheme.lower() != "basic":
        return "", ""
    try:
        client_id, _, client_secret = b64decode(packed, validate=True).decode().partition(":")
    except (Base64Error, UnicodeDecodeError):
        return "", ""
    return unquote_plus(client_id), unquote_plus(client_secret)
