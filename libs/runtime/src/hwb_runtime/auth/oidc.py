"""Reads who calls from an OpenID Connect bearer token, and believes nothing that is not signed."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from joserfc import jws, jwt
from joserfc.errors import ExpiredTokenError, JoseError

from hwb_runtime.auth.caller import NATIONAL, Caller
from hwb_runtime.auth.refusals import TokenExpiredError, TokenIncompleteError, TokenNotValidError
from hwb_runtime.auth.signing_keys import SigningKeys
from hwb_schemas.words import Role

LONGEST_TOKEN = 16_000
SCHOOL = re.compile(r"\d{7}", re.ASCII)
AUTHORITY = re.compile(r"\d{3}", re.ASCII)


@dataclass(frozen=True, slots=True)
class ClaimNames:
    """Which claims say who somebody is, and which words of the provider mean which role."""

    subject: str = "sub"
    role: str = "hwb_role"
    school: str = "hwb_school"
    authority: str = "hwb_authority"
    roles: Mapping[str, Role] = field(default_factory=lambda: {role.value: role for role in Role})


@dataclass(frozen=True, slots=True, kw_only=True)
class TokenRules:
    """Which tokens are taken; ``leeway`` is in seconds, for clocks that disagree."""

    issuer: str
    audience: str
    algorithms: tuple[str, ...]
    leeway: int
    claims: ClaimNames


class OidcCallers:
    """The callers whose tokens the provider has signed."""

    def __init__(self, rules: TokenRules, keys: SigningKeys) -> None:
        self._rules = rules
        self._keys = keys
        self._claims = jwt.JWTClaimsRegistry(
            leeway=rules.leeway,
            iss={"essential": True, "value": rules.issuer},
            aud={"essential": True, "value": rules.audience},
            exp={"essential": True},
        )

    async def caller(self, token: str) -> Caller:
        """Who holds this token. Raises the errors of ``refusals``."""
        claims = await self._verified(token)
        return _caller_of(claims, self._rules.claims)

    async def _verified(self, token: str) -> dict[str, Any]:
        if len(token) > LONGEST_TOKEN:
            raise TokenNotValidError
        try:
            header = jws.extract_compact(token.encode()).headers()
            # What cannot be right is refused before anything is fetched for it.
            if header.get("alg") not in self._rules.algorithms:
                raise TokenNotValidError
            key = await self._keys.key(header.get("kid"))
            if key is None:
                raise TokenNotValidError
            claims = jwt.decode(token, key, algorithms=self._rules.algorithms).claims
            self._claims.validate(claims)
        except ExpiredTokenError as error:
            raise TokenExpiredError from error
        except (JoseError, ValueError, TypeError) as error:
            raise TokenNotValidError from error
        return claims


def _caller_of(claims: Mapping[str, Any], names: ClaimNames) -> Caller:
    subject = claims.get(names.subject)
    if not isinstance(subject, str) or not subject:
        raise TokenIncompleteError("subject")
    told = claims.get(names.role)
    roles = {
        names.roles[word]
        for word in (told if isinstance(told, list) else [told])
        if isinstance(word, str) and word in names.roles
    }
    if len(roles) != 1:
        raise TokenIncompleteError("role, or more than one")
    role = roles.pop()
    if role in NATIONAL:
        return Caller(subject, role)
    if role is Role.LOCAL_AUTHORITY:
        return Caller(subject, role, authority=_text(claims, names.authority, AUTHORITY))
    return Caller(subject, role, school=_text(claims, names.school, SCHOOL))


def _text(claims: Mapping[str, Any], name: str, pattern: re.Pattern[str]) -> str:
    value = claims.get(name)
    if not isinstance(value, str) or not pattern.fullmatch(value):
        raise TokenIncompleteError("authority" if pattern is AUTHORITY else "school")
    return value
