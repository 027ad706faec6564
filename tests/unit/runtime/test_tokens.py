"""Who calls is what a token says that the sign-in provider signed, for us, and lately."""

import base64
import json
import time
from pathlib import Path
from typing import Any

import pytest
from joserfc import jwt
from joserfc.jwk import ECKey, OctKey
from tests.support.sign_in_provider import ISSUER, SignInProvider, settings_with

from hwb_runtime.auth import (
    Caller,
    Callers,
    SignInAwayError,
    TokenExpiredError,
    TokenIncompleteError,
    TokenNotValidError,
    open_callers,
)
from hwb_runtime.auth.signing_keys import SigningKeys, keys_at
from hwb_runtime.errors import SettingsError
from hwb_schemas.words import Role


@pytest.fixture
def provider() -> SignInProvider:
    return SignInProvider()


@pytest.fixture
def callers(provider: SignInProvider) -> Callers:
    return open_callers(settings_with(), transport=provider)


async def test_a_token_says_who_calls(provider: SignInProvider, callers: Callers) -> None:
    champion = await callers.caller(provider.token())
    assert champion == Caller("acc-1", Role.DIGITAL_CHAMPION, school="6604027")
    authority = provider.token(hwb_role="local_authority", hwb_school=None, hwb_authority="660")
    assert await callers.caller(authority) == Caller("acc-1", Role.LOCAL_AUTHORITY, authority="660")
    desk = provider.token(hwb_role="service_desk", hwb_school="6604027")
    assert await callers.caller(desk) == Caller("acc-1", Role.SERVICE_DESK), "no scope is narrower"
    assert provider.fetches == 1


@pytest.mark.parametrize(
    "claims",
    [
        {"iss": "https://elsewhere.example"},
        {"iss": None},
        {"aud": "another-system"},
        {"aud": None},
        {"exp": None},
        {"exp": "never"},
        {"nbf": time.time() + 3600},
        {"iat": time.time() + 3600},
    ],
)
async def test_a_token_of_or_for_others_is_not_valid(
    provider: SignInProvider, callers: Callers, claims: dict[str, Any]
) -> None:
    with pytest.raises(TokenNotValidError):
        await callers.caller(provider.token(**claims))


async def test_a_token_runs_out_but_clocks_may_differ_a_little(
    provider: SignInProvider, callers: Callers
) -> None:
    assert await callers.caller(provider.token(exp=int(time.time()) - 20))
    with pytest.raises(TokenExpiredError) as expired:
        await callers.caller(provider.token(exp=int(time.time()) - 40))
    assert expired.value.headers["WWW-Authenticate"] == 'Bearer error="invalid_token"'


async def test_only_listed_signatures_are_taken(provider: SignInProvider, callers: Callers) -> None:
    def part(value: dict[str, Any]) -> str:
        return base64.urlsafe_b64encode(json.dumps(value).encode()).decode().rstrip("=")

    _, claims, signature = provider.token().split(".")
    unsigned = f"{part({'alg': 'none'})}.{claims}."
    public = OctKey.import_key(provider.keys[0].as_pem(private=False).hex())
    by_the_public_key = jwt.encode(
        {"alg": "HS256", "kid": provider.keys[0].kid}, {"sub": "x"}, public, algorithms=["HS256"]
    )
    changed = f"{provider.token().split('.')[0]}.{part({'sub': 'acc-2'})}.{signature}"
    stranger = ECKey.generate_key("P-256")
    forged = jwt.encode({"alg": "ES256", "kid": provider.keys[0].kid}, {"sub": "x"}, stranger)
    for token in (unsigned, by_the_public_key, changed, forged, "a.b", "a.b.c", "é", "x" * 20_000):
        with pytest.raises(TokenNotValidError):
            await callers.caller(token)
    only_rsa = open_callers(settings_with(oidc_algorithms=["RS256"]), transport=provider)
    with pytest.raises(TokenNotValidError):
        await only_rsa.caller(provider.token())


@pytest.mark.parametrize(
    ("claims", "what"),
    [
        ({"hwb_role": None}, "role"),
        ({"hwb_role": "head_of_everything"}, "role"),
        ({"hwb_role": ["teacher", "operator"]}, "role"),
        ({"hwb_role": {"teacher": True}}, "role"),
        ({"hwb_school": None}, "school"),
        ({"hwb_school": ""}, "school"),
        ({"hwb_school": "660402\u0667"}, "school"),
        ({"hwb_school": ["6604027"]}, "school"),
        ({"hwb_role": "local_authority"}, "authority"),
        ({"hwb_role": "local_authority", "hwb_authority": ""}, "authority"),
        ({"sub": None}, "subject"),
    ],
)
async def test_a_token_that_does_not_say_what_one_may_do_is_incomplete(
    provider: SignInProvider, callers: Callers, claims: dict[str, Any], what: str
) -> None:
    with pytest.raises(TokenIncompleteError, match=f"valid {what}"):
        await callers.caller(provider.token(**claims))


async def test_claims_and_words_are_those_of_the_settings(provider: SignInProvider) -> None:
    settings = settings_with(
        oidc_subject_claim="account",
        oidc_role_claim="groups",
        oidc_school_claim="org",
        oidc_roles={"HWB-Teachers": "teacher"},
    )
    callers = open_callers(settings, transport=provider)
    token = provider.token(
        sub="pairwise", account="acc-7", groups=["everyone", "HWB-Teachers"], org="6604028"
    )
    assert await callers.caller(token) == Caller("acc-7", Role.TEACHER, school="6604028")
    with pytest.raises(TokenIncompleteError):
        await callers.caller(provider.token(account="acc-7", groups="teacher", org="6604028"))


async def test_a_changed_key_is_fetched_when_it_is_first_seen(provider: SignInProvider) -> None:
    settings = settings_with(oidc_refetch_seconds=1e-9)
    callers = open_callers(settings, transport=provider)
    before = provider.token()
    await callers.caller(before)
    provider.change_key()
    assert await callers.caller(provider.token())
    assert await callers.caller(before), "the old key is still among them"
    assert provider.fetches == 2


class Stopwatch:
    """A monotonic clock that a test moves."""

    now = 0.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def stopwatch() -> Stopwatch:
    return Stopwatch()


@pytest.fixture
def keys(provider: SignInProvider, stopwatch: Stopwatch) -> SigningKeys:
    return SigningKeys(
        keys_at(f"{ISSUER}/keys", transport=provider),
        refetch_seconds=10,
        fresh_seconds=3600,
        monotonic=stopwatch,
    )


async def test_unknown_keys_do_not_make_us_a_burden_to_the_provider(
    provider: SignInProvider, keys: SigningKeys, stopwatch: Stopwatch
) -> None:
    for number in range(200):
        assert await keys.key(f"made-up-{number}") is None
    assert provider.fetches == 1
    stopwatch.now += 11
    provider.change_key()
    assert await keys.key(provider.keys[-1].kid)
    assert provider.fetches == 2


async def test_a_withdrawn_key_is_forgotten_when_the_keys_are_no_longer_fresh(
    provider: SignInProvider, keys: SigningKeys, stopwatch: Stopwatch
) -> None:
    withdrawn = provider.keys[0].kid
    assert await keys.key(withdrawn)
    provider.change_key(keep_old=False)
    stopwatch.now += 3601
    assert await keys.key(withdrawn) is None


async def test_while_the_provider_is_away_known_keys_go_on_and_else_sign_in_waits(
    provider: SignInProvider, keys: SigningKeys, stopwatch: Stopwatch
) -> None:
    provider.is_away = True
    with pytest.raises(SignInAwayError) as away:
        await keys.key(provider.keys[0].kid)
    assert away.value.headers["Retry-After"]
    provider.is_away = False
    stopwatch.now += 11
    assert await keys.key(provider.keys[0].kid)
    provider.is_away = True
    stopwatch.now += 3601
    assert await keys.key(provider.keys[0].kid)


async def test_keys_may_be_in_a_file_that_is_replaced(
    provider: SignInProvider, tmp_path: Path
) -> None:
    file = tmp_path / "jwks.json"
    with pytest.raises(SettingsError, match=r"jwks\.json"):
        open_callers(settings_with(oidc_jwks=str(file)))
    file.write_text(json.dumps(provider.jwks()))
    settings = settings_with(oidc_jwks=str(file), oidc_refetch_seconds=1e-9)
    callers = open_callers(settings)
    assert await callers.caller(provider.token())
    provider.change_key(keep_old=False)
    file.write_text(json.dumps(provider.jwks()))
    assert await callers.caller(provider.token())
    file.write_text('{"keys": []}')
    with pytest.raises(SettingsError):
        open_callers(settings)


@pytest.mark.parametrize("where", [{"oidc_issuer": "http://x"}, {"oidc_jwks": "http://x/keys"}])
def test_keys_come_by_https_unless_it_is_one_machine(where: dict[str, str]) -> None:
    with pytest.raises(SettingsError, match="https"):
        open_callers(settings_with(**where))
    open_callers(settings_with(**where, env="local"))
