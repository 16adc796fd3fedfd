"""Who somebody is, by the word of another site: OpenID Connect, authorization code with PKCE (S256), state and nonce.

Nothing that comes back is believed unchecked: the provider's signature by a key it publishes, its name, for us, for
this very sign-in, not expired. Keys are kept for an hour and asked for again when a token names a new one (rotation);
while the provider's key page is away the kept ones serve for a day. Only public-key algorithms are known here, so
neither `none` nor a secret made of the public key can sign.
"""

import base64
import secrets
import time
from typing import Any, Protocol
from urllib.parse import urlencode, urlsplit

import httpx
import msgspec
from authlib.oauth2.rfc7636 import create_s256_code_challenge
from authlib.oidc.core import CodeIDToken
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import Key, KeySet

from nollycrewhub.kit.foreign import read_json
from nollycrewhub.kit.told import told
from nollycrewhub.platform import log, tracing
from nollycrewhub.platform.bulkhead import Bulkhead
from nollycrewhub.platform.errors import Forbidden, NotFound, Unavailable
from nollycrewhub.platform.settings import Settings

ALGORITHMS = ("RS256", "ES256")
KEY_TYPES = frozenset({"RSA", "EC"})
PATIENCE = 5.0
FRESH = 3600.0
AT_MOST = 24 * 3600.0
ASK_AGAIN = 10.0  # a storm of tokens with invented key ids asks the provider no oftener than this
SKEW = 60
LARGEST_ANSWER = 200_000
LOG = log.logger("openid")


class IdentityRefused(Forbidden):
    """What came back is not what the provider says about this sign-in."""

    type = "identity-refused"
    title = told("That sign-in could not be trusted, so nothing was done. Please start it again")


class Departure(msgspec.Struct, frozen=True, kw_only=True):
    """A sign-in under way: what must come back with it, and what only we know about it."""

    state: str
    nonce: str
    verifier: str


class Identity(msgspec.Struct, frozen=True, kw_only=True):
    """Whom the provider vouches for. `subject` is the only lasting name; `email` is there only if it says it checked it."""

    subject: str
    email: str | None
    name: str


class IdentityProvider(Protocol):
    """Another site that can say who somebody is."""

    is_offered: bool

    async def address(self, departure: Departure, *, return_to: str) -> str:
        """Where to send the person."""

    async def identity(self, departure: Departure, *, code: str, return_to: str) -> Identity:
        """Who came back; IdentityRefused or Unavailable."""

    async def stop(self) -> None:
        """Closes connections."""


class NoProvider:
    """Where no provider is set up: nothing is offered, and asking finds nothing."""

    is_offered = False

    async def address(self, departure: Departure, *, return_to: str) -> str:
        """There is none."""
        raise NotFound

    async def identity(self, departure: Departure, *, code: str, return_to: str) -> Identity:
        """There is none."""
        raise NotFound

    async def stop(self) -> None:
        """Nothing to close."""


class Kept(msgspec.Struct):
    """A document of the provider, and when it came (monotonic seconds)."""

    document: dict[str, Any]
    came: float


def departure() -> Departure:
    """A new sign-in."""
    return Departure(state=secrets.token_urlsafe(24), nonce=secrets.token_urlsafe(24), verifier=secrets.token_urlsafe(48))


class OpenIdProvider:
    """A live provider, found by its issuer address."""

    is_offered = True

    def __init__(self, *, issuer: str, client_id: str, client_secret: str, patience: float = PATIENCE) -> None:
        self.issuer = issuer
        self.client_id = client_id
        self.client_secret = client_secret
        self.client = tracing.http_client(timeout=patience, follow_redirects=False, trust_env=False)
        self.bulkhead = Bulkhead("openid")
        self.kept: dict[str, Kept] = {}
        self.asked_again = float("-inf")

    async def stop(self) -> None:
        """Closes connections."""
        await self.client.aclose()

    async def address(self, departure: Departure, *, return_to: str) -> str:
        """Where to send the person, with the challenge that only our verifier answers."""
        found = await self._discovered()
        query = {
            "response_type": "code", "client_id": self.client_id, "redirect_uri": return_to, "scope": "openid email profile",
            "state": departure.state, "nonce": departure.nonce,
            "code_challenge": create_s256_code_challenge(departure.verifier), "code_challenge_method": "S256",
        }  # fmt: skip
        joint = "&" if "?" in found["authorization_endpoint"] else "?"
        return f"{found['authorization_endpoint']}{joint}{urlencode(query)}"

    async def identity(self, departure: Departure, *, code: str, return_to: str) -> Identity:
        """Who came back: the code is exchanged for a token, and the token checked in every respect."""
        found = await self._discovered()
        form = {
            "grant_type": "authorization_code", "code": code, "redirect_uri": return_to, "code_verifier": departure.verifier,
            "client_id": self.client_id, "client_secret": self.client_secret,
        }  # fmt: skip
        answer = await self._ask("POST", found["token_endpoint"], data=form)
        if answer.status_code in (400, 401, 403):
            LOG.warning("a code was refused by the provider", status=answer.status_code)
            raise IdentityRefused
        document = self._document(answer)
        token = document.get("id_token")
        if not isinstance(token, str):
            raise IdentityRefused
        claims = await self._checked(token, nonce=departure.nonce, access_token=document.get("access_token"))
        return identity_of(claims)

    async def _checked(self, token: str, *, nonce: str, access_token: object) -> dict[str, Any]:
        try:
            header = read_json(base64.urlsafe_b64decode(token.partition(".")[0] + "==="), dict[str, Any])
            key = await self._key(header.get("kid"))
            decoded = jwt.decode(token, key, algorithms=list(ALGORITHMS))
            claims = CodeIDToken(
                decoded.claims, decoded.header,
                options={
                    "iss": {"essential": True, "value": self.issuer}, "aud": {"essential": True, "value": self.client_id},
                    "sub": {"essential": True}, "exp": {"essential": True}, "iat": {"essential": True},
                    "nonce": {"essential": True, "value": nonce},
                },
                params={"nonce": nonce, "client_id": self.client_id, "access_token": access_token},
            )  # fmt: skip
            claims.validate(leeway=SKEW)
        except (JoseError, ValueError, TypeError, msgspec.DecodeError) as error:
            LOG.warning("a token was refused", reason=type(error).__name__)
            raise IdentityRefused from error
        return dict(claims)

    async def _key(self, kid: object) -> Key:
        """The provider's key of that name; a name not known yet is looked for once more at the provider."""
        address = (await self._discovered())["jwks_uri"]
        for again in (False, True):
            if again and time.monotonic() - self.asked_again < ASK_AGAIN:
                break
            if again:
                self.asked_again = time.monotonic()
            found = key_among(await self._page(address, again=again), kid)
            if found is not None:
                return found
        raise ValueError("no such key")

    async def _discovered(self) -> dict[str, Any]:
        found = await self._page(f"{self.issuer}/.well-known/openid-configuration")
        names = ("authorization_endpoint", "token_endpoint", "jwks_uri")
        scheme = urlsplit(self.issuer).scheme
        if found.get("issuer") != self.issuer or any(urlsplit(str(found.get(name, ""))).scheme != scheme for name in names):
            LOG.error("the provider describes itself as somebody else")
            raise Unavailable(told("Sign-in with Google is out of order. Sign in with your password, or try again later."))
        return found

    async def _page(self, address: str, *, again: bool = False) -> dict[str, Any]:
        """A page of the provider's, kept for an hour, and for a day while the provider is away."""
        now = time.monotonic()
        kept = self.kept.get(address)
        if kept is not None and not again and now - kept.came < FRESH:
            return kept.document
        try:
            document = self._document(await self._ask("GET", address))
        except Unavailable:
            if kept is None or now - kept.came > AT_MOST:
                raise
            return kept.document
        self.kept[address] = Kept(document, now)
        return document

    async def _ask(self, method: str, address: str, **more: Any) -> httpx.Response:
        try:
            async with self.bulkhead.call(httpx.HTTPError):
                return await self.client.request(method, address, headers={"accept": "application/json"}, **more)
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            LOG.warning("the provider is away", error=type(error).__name__)
            raise away() from error

    def _document(self, answer: httpx.Response) -> dict[str, Any]:
        if answer.status_code != 200 or len(answer.content) > LARGEST_ANSWER:
            LOG.warning("the provider answers something else", status=answer.status_code)
            raise away()
        try:
            return read_json(answer.content, dict[str, Any])
        except msgspec.DecodeError as error:
            raise away() from error


def key_among(document: dict[str, Any], kid: object) -> Key | None:
    """The signing key of that name; a token may leave the name out where there is one key only."""
    usable = [key for key in document.get("keys", []) if key.get("kty") in KEY_TYPES and key.get("use", "sig") == "sig"]
    keys = KeySet.import_key_set({"keys": usable}).keys
    if kid is None and len(keys) == 1:
        return keys[0]
    return next((key for key in keys if key.kid == kid), None)


def away() -> Unavailable:
    """The provider cannot be reached; a password still works."""
    return Unavailable(told("Google does not answer just now. Sign in with your password, or try again in a minute."), retry_after=60)


def identity_of(claims: dict[str, Any]) -> Identity:
    """The identity in checked claims; IdentityRefused when the subject is no name to keep an account under."""
    subject, email, name = claims.get("sub"), claims.get("email"), claims.get("name")
    if not isinstance(subject, str) or not 0 < len(subject) <= 255 or not subject.isascii() or not subject.isprintable():
        raise IdentityRefused
    checked = isinstance(email, str) and claims.get("email_verified") is True
    return Identity(subject=subject, email=str(email) if checked else None, name=name if isinstance(name, str) else "")


def provider(settings: Settings) -> IdentityProvider:
    """Google (or whoever GOOGLE_ISSUER names) where a client id is set; nobody otherwise."""
    if not settings.google_client_id:
        return NoProvider()
    return OpenIdProvider(
        issuer=settings.google_issuer.rstrip("/"), client_id=settings.google_client_id, client_secret=settings.google_client_secret
    )
