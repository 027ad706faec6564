"""Passwords over HTTP. An answer with one is never stored, neither here nor on its way."""

from typing import Annotated
from uuid import UUID

from fastapi import FastAPI, Response
from pydantic import BaseModel, ConfigDict, Field, SecretStr

from hwb_identity.application.passwords import Passwords, ShownPassword
from hwb_runtime.auth import Caller, caller_with
from hwb_runtime.commands import IdempotencyKey, Reply, once
from hwb_runtime.platform import Platform
from hwb_runtime.problem_answers import also_answers
from hwb_runtime.texts import PlainText
from hwb_schemas.words import Role

Resetter = Annotated[Caller, caller_with(Role.DIGITAL_CHAMPION, Role.TEACHER)]
SignInService = Annotated[Caller, caller_with(Role.SERVICE)]
_SAYS = (
    "Give this password to its owner only. It can be seen here until another school takes the"
    " account over."
)
_SAYS_CY = (
    "Rhowch y cyfrinair hwn i'w berchennog yn unig. Bydd i'w weld yma nes i ysgol arall gymryd y"
    " cyfrif."
)
_SAYS_HIDDEN = (
    "This password cannot be seen any more, because the account came from another school. If the"
    " owner remembers it, it still works; if not, reset it."
)
_SAYS_HIDDEN_CY = (
    "Nid yw'r cyfrinair hwn i'w weld mwyach, gan i'r cyfrif ddod o ysgol arall. Os yw'r perchennog"
    " yn ei gofio, mae'n dal i weithio; os nad yw, ailosodwch ef."
)


class PasswordShown(BaseModel):
    """``password`` is null where it cannot be seen, only reset."""

    account_id: UUID
    sign_in_name: str
    password: str | None
    made_at: str
    says: str
    says_cy: str


class SignIn(BaseModel):
    """What somebody typed to sign in."""

    model_config = ConfigDict(extra="forbid")

    sign_in_name: PlainText
    password: Annotated[SecretStr, Field(min_length=1, max_length=200)]


class SignInChecked(BaseModel):
    """The active account that this opens, null where there is none."""

    account_id: UUID | None


def add_passwords(api: FastAPI, platform: Platform, passwords: Passwords) -> None:
    """Add the operations to the API."""

    @api.post("/v1/accounts/{account_id}/password", tags=["passwords"], responses=also_answers(409))
    async def show(account_id: UUID, caller: Resetter, response: Response) -> PasswordShown:
        """Show an account's password; the first request makes it, later ones show the same."""
        async with platform.units_of_work.begin() as uow:
            account = await passwords.account_for(str(account_id), caller, uow)
            shown = await passwords.show(account, caller, uow)
        return _answer(shown, response)

    @api.post("/v1/accounts/{account_id}/password/reset", tags=["passwords"])
    async def reset(
        account_id: UUID, caller: Resetter, idempotency_key: IdempotencyKey, response: Response
    ) -> PasswordShown:
        """Make a new password: by the Digital Champion, or for a learner by any teacher."""
        async with platform.units_of_work.begin() as uow:
            account = await passwords.account_for(str(account_id), caller, uow)

            async def effect() -> Reply:
                await passwords.reset(account, caller, uow)
                return Reply(200, {"account_id": account.account_id})

            # The stored answer has no password in it: that is looked up each time.
            await once(
                uow,
                key=idempotency_key,
                caller=caller,
                request=f"reset password {account_id}".encode(),
                effect=effect,
            )
            shown = await passwords.show(account, caller, uow)
        return _answer(shown, response)

    @api.post("/v1/password-checks", tags=["passwords"])
    async def check(typed: SignIn, _caller: SignInService) -> SignInChecked:
        """Whether a name and password open an active account: for Hwb's sign-in alone."""
        async with platform.units_of_work.begin() as uow:
            found = await passwords.agrees(
                typed.sign_in_name, typed.password.get_secret_value(), uow
            )
        return SignInChecked(account_id=UUID(found) if found else None)


def _answer(shown: ShownPassword, response: Response) -> PasswordShown:
    response.headers["Cache-Control"] = "no-store"
    return PasswordShown(
        account_id=UUID(shown.account_id),
        sign_in_name=shown.sign_in_name,
        password=shown.password,
        made_at=shown.made_at.isoformat(),
        says=_SAYS_HIDDEN if shown.password is None else _SAYS,
        says_cy=_SAYS_HIDDEN_CY if shown.password is None else _SAYS_CY,
    )
