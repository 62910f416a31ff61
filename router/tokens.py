"""JSON Web Tokens: EdDSA (Ed25519) or HS256, by the rules of RFC 8725."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import jwt

from router.call import Principal
from router.errors import Unauthenticated
from router.keyring import TokenKey, VerifyingKey, load_keyring
from router.principals import principal_of
from router.token_cache import TokenCache

_FOREVER = 1e15  # in seconds: a bound that NaN, infinity and an integer too large for a float are all outside of
REQUIRED_CLAIMS = ("exp", "iat", "sub", "aud", "iss")

# Times are checked here, against the clock that we are given; PyJWT would ask the system's.
_OPTIONS: jwt.types.Options = {
    "require": list(REQUIRED_CLAIMS),
    "verify_exp": False,
    "verify_iat": False,
    "verify_nbf": False,
}

# What may be said of a refused token: never a part of the token itself.
_MESSAGES: Mapping[type[Exception], str] = {
    jwt.InvalidSignatureError: "the token's signature does not verify",
    jwt.InvalidAlgorithmError: "the token's algorithm is not that of its key",
    jwt.InvalidAudienceError: "the token is for another audience",
    jwt.InvalidIssuerError: "the token is from another issuer",
    jwt.MissingRequiredClaimError: f"the token lacks one of the claims {', '.join(REQUIRED_CLAIMS)}",
}


@dataclass(frozen=True)
class TokenOptions:
    """Which tokens are believed."""

    keys: tuple[TokenKey, ...]
    issuer: str
    audience: str
    leeway_s: float = 5.0  # clocks of machines with NTP differ by less
    max_bytes: int = 4096  # ours have 400; an identity provider's rarely 2,000
    cache_entries: int = 4096  # some 2 MB, and as many sessions on one router


class TokenVerifier:
    """Checks tokens, and remembers the good ones."""

    def __init__(self, options: TokenOptions) -> None:
        self._options = options
        self._keyring = load_keyring(options.keys)
        self._cache = TokenCache(options.cache_entries)

    def verify(self, token: str, now: float) -> Principal:
        """Who presents it; `now` in seconds since the epoch. Raises Unauthenticated."""
        if len(token) > self._options.max_bytes:
            raise _invalid(f"the token is over {self._options.max_bytes} bytes")
        if not token.isascii():
            raise _invalid("this is not a valid token")
        known = self._cache.get(token, now)
        if known is not None:
            return known
        claims = self._claims(token)
        valid_until = self._checked_times(claims, now)
        try:
            principal = principal_of(claims)
        except ValueError as error:
            raise _invalid(f"the token's {error}") from None
        self._cache.put(token, principal, valid_until)
        return principal

    def _claims(self, token: str) -> Mapping[str, object]:
        """The claims of a token whose signature, audience and issuer are right."""
        try:
            key = self._key(jwt.get_unverified_header(token))
            claims: Mapping[str, object] = jwt.decode(
                token,
                key.material,
                algorithms=[key.algorithm.value],
                audience=self._options.audience,
                issuer=self._options.issuer,
                options=_OPTIONS,
            )
        except jwt.PyJWTError as error:
            raise _invalid(_MESSAGES.get(type(error), "this is not a valid token")) from None
        except (ValueError, RecursionError):  # deep nesting and huge numbers, which an older PyJWT lets through
            raise _invalid("this is not a valid token") from None
        return claims

    def _key(self, header: Mapping[str, object]) -> VerifyingKey:
        """Chosen by `kid` alone: `alg`, `jwk`, `jku` and `x5c` are the presenter's words."""
        if "crit" in header:
            raise _invalid("the token asks for an extension that is not known here")
        kid = header.get("kid")
        key = self._keyring.get(kid) if isinstance(kid, str) else None
        if key is None:
            raise _invalid("the token names no key (kid) that is known here")
        return key

    def _checked_times(self, claims: Mapping[str, object], now: float) -> float:
        """Until when the token is valid, leeway included."""
        leeway_s = self._options.leeway_s
        if _instant(claims, "iat") > now + leeway_s:
            raise _invalid("the token was issued in the future")
        if "nbf" in claims and _instant(claims, "nbf") > now + leeway_s:
            raise _invalid("the token is not valid yet")
        valid_until = _instant(claims, "exp") + leeway_s
        if now >= valid_until:
            raise Unauthenticated("CREDENTIAL_EXPIRED", "the token has expired")
        return valid_until


def _instant(claims: Mapping[str, object], name: str) -> float:
    value = claims[name]
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not 0 <= value < _FOREVER:
        raise _invalid(f"the token's {name} is not a time")
    return float(value)


def _invalid(message: str) -> Unauthenticated:
    return Unauthenticated("CREDENTIAL_INVALID", message)
