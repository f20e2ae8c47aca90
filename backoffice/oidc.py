"""EU Login as an OpenID provider: the authorization code flow with PKCE, nonce and state, and signing out there.

Knows no Flask and no database: values in, values out. Authlib builds the requests, authenticates us and checks the
claims; what it does not check is checked here: who gives the answer (`iss`, RFC 9207), that there is an `id_token` at
all, which class of sign-in it was (`acr`), and that the second source speaks of the same person (userinfo `sub`).
"""

import secrets
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode, urlsplit

from authlib.integrations.base_client import OAuthError
from authlib.integrations.requests_client import OAuth2Session
from authlib.oauth2.rfc7523 import ClientSecretJWT
from authlib.oidc.core import CodeIDToken
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet
from joserfc.jws import JWSRegistry
from requests import RequestException

from backoffice.config import Oidc

METADATA_LIFE_S = 3600
SUBJECT_MAX = 250
LOOPBACK = frozenset({"127.0.0.1", "localhost", "::1"})


class ProviderFault(Exception):
    """The provider did not answer, said no, or answered what may not be believed; `code` is the stable name."""

    def __init__(self, code: str, detail: str = "") -> None:
        super().__init__(f"{code}: {detail}" if detail else code)
        self.code = code


@dataclass(frozen=True, slots=True, kw_only=True)
class Begun:
    """What the session keeps while a person is at the provider."""

    state: str
    nonce: str
    verifier: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """Who it is, as the provider says; `email` as written there, empty when it says none."""

    issuer: str
    subject: str
    email: str
    name: str
    is_email_unverified: bool  # said to be so; who says nothing is believed
    id_token: str


class Provider:
    """One for the process; what it knows of the provider is read anew each hour, its keys when one is not known."""

    def __init__(self, settings: Oidc) -> None:
        self.settings = settings
        self._lock = threading.Lock()
        self._metadata: dict[str, Any] = {}
        self._keys: KeySet | None = None
        self._read_at = 0.0

    def begin(self, *, back: str, language: str, is_again: bool) -> tuple[str, Begun]:
        """Where to send the person, and what to keep. `is_again`: the provider asks who it is, though it may know."""
        begun = Begun(
            state=secrets.token_urlsafe(24), nonce=secrets.token_urlsafe(24), verifier=secrets.token_urlsafe(48)
        )
        more = {"prompt": "login"} if is_again else {}
        if self.settings.acr_values:
            more["acr_values"] = " ".join(self.settings.acr_values)
        with self._session(back=back) as session:
            url, _state = session.create_authorization_url(
                self._endpoint("authorization_endpoint"), state=begun.state, nonce=begun.nonce,
                code_verifier=begun.verifier, ui_locales=language, **more,
            )
        return str(url), begun

    def finish(self, answer: Mapping[str, str], *, begun: Begun, back: str) -> Answer:
        """From the answer in the address bar to the person; raises ProviderFault. The caller found `begun` by state."""
        self._check_sender(answer)
        if "error" in answer:
            raise ProviderFault("access-denied" if answer["error"] == "access_denied" else "refused", answer["error"])
        if not answer.get("code"):
            raise ProviderFault("no-code")
        token = self._token(answer["code"], begun=begun, back=back)
        id_token = token.get("id_token")
        if not isinstance(id_token, str) or not id_token:
            raise ProviderFault("no-id-token")
        claims = self._claims(id_token, nonce=begun.nonce, access_token=token.get("access_token"))
        subject = claims["sub"]
        if not isinstance(subject, str) or not 0 < len(subject) <= SUBJECT_MAX:
            raise ProviderFault("claims", "sub")
        said = {**self._userinfo(token, subject=subject), **claims} if not claims.get("email") else claims
        return Answer(
            issuer=self.settings.issuer, subject=subject, email=_text(said, "email"), name=_name(said),
            is_email_unverified=said.get("email_verified") in (False, "false"), id_token=id_token,
        )

    def end_url(self, *, back: str, state: str, id_token: str) -> str | None:
        """Where the session at the provider is ended; None when the provider has no such place."""
        if not self._read().get("end_session_endpoint"):
            return None
        endpoint = self._endpoint("end_session_endpoint")
        values = {"client_id": self.settings.client_id, "post_logout_redirect_uri": back, "state": state}
        if id_token:
            values["id_token_hint"] = id_token
        return f"{endpoint}{'&' if urlsplit(endpoint).query else '?'}{urlencode(values)}"

    def _check_sender(self, answer: Mapping[str, str]) -> None:
        """Two providers cannot be mixed up: the answer names its own (RFC 9207)."""
        must = self._read().get("authorization_response_iss_parameter_supported") is True
        if answer.get("iss", "" if must else self.settings.issuer) != self.settings.issuer:
            raise ProviderFault("answer-iss", answer.get("iss", "none"))

    def _token(self, code: str, *, begun: Begun, back: str) -> Mapping[str, Any]:
        with self._session(back=back) as session:
            try:
                token = session.fetch_token(
                    self._endpoint("token_endpoint"), grant_type="authorization_code", code=code,
                    code_verifier=begun.verifier, redirect_uri=back, allow_redirects=False,
                    timeout=self.settings.timeout_s,
                )
            except OAuthError as error:
                raise ProviderFault("code-refused", str(error.error)) from error
            except (RequestException, ValueError) as error:
                raise ProviderFault("away", type(error).__name__) from error
        if not isinstance(token, Mapping):
            raise ProviderFault("no-id-token")
        return token

    def _claims(self, id_token: str, *, nonce: str, access_token: object) -> Mapping[str, Any]:
        try:
            decoded = self._decoded(id_token)
            claims = CodeIDToken(
                decoded.claims, decoded.header,
                {
                    "iss": {"essential": True, "values": [self.settings.issuer]},
                    "aud": {"essential": True, "values": [self.settings.client_id]},
                },
                {"nonce": nonce, "client_id": self.settings.client_id, "access_token": access_token},
            )
            claims.validate(leeway=self.settings.skew_s)
        except (JoseError, ValueError, TypeError, KeyError) as error:
            raise ProviderFault("claims", str(error)[:200]) from error
        if self.settings.acr_values and claims.get("acr") not in self.settings.acr_values:
            raise ProviderFault("acr", str(claims.get("acr"))[:200])
        return dict(claims)

    def _decoded(self, id_token: str) -> jwt.Token:
        """Under an algorithm of the settings. Keys change: one that is not known, or does not fit, is asked for once
        more before the answer is refused."""
        registry = JWSRegistry(algorithms=list(self.settings.algorithms), strict_check_header=False)
        try:
            return jwt.decode(id_token, self._key_set(), registry=registry)
        except (JoseError, ValueError):
            return jwt.decode(id_token, self._key_set(is_anew=True), registry=registry)

    def _userinfo(self, token: Mapping[str, Any], *, subject: str) -> Mapping[str, Any]:
        """What the id_token leaves out; never about somebody else."""
        if not self._read().get("userinfo_endpoint") or not token.get("access_token"):
            return {}
        said = self._get(
            self._endpoint("userinfo_endpoint"), headers={"Authorization": f"Bearer {token['access_token']}"}
        )
        if said.get("sub") != subject:
            raise ProviderFault("userinfo-sub")
        return said

    def _read(self) -> Mapping[str, Any]:
        """The provider's own description; an old one serves while no new one can be had."""
        with self._lock:
            if self._metadata and time.monotonic() - self._read_at < METADATA_LIFE_S:
                return self._metadata
            try:
                found = self._get(self.settings.issuer.rstrip("/") + "/.well-known/openid-configuration")
                if found.get("issuer") != self.settings.issuer:
                    raise ProviderFault("issuer", str(found.get("issuer"))[:200])
            except ProviderFault:
                if not self._metadata:
                    raise
            else:
                self._metadata = dict(found)
            self._read_at = time.monotonic()
            return self._metadata

    def _key_set(self, *, is_anew: bool = False) -> KeySet:
        if self._keys is None or is_anew:
            try:
                self._keys = KeySet.import_key_set(self._get(self._endpoint("jwks_uri")))  # type: ignore[arg-type]
            except (JoseError, ValueError, KeyError, TypeError) as error:
                raise ProviderFault("keys", type(error).__name__) from error
        return self._keys

    def _endpoint(self, name: str) -> str:
        """As safe as the provider's own address: from https nothing leads to plain http."""
        url = str(self._read().get(name) or "")
        if urlsplit(url).scheme not in {"https", urlsplit(self.settings.issuer).scheme}:
            raise ProviderFault("endpoint", name)
        return url

    def _get(self, url: str, *, headers: Mapping[str, str] | None = None) -> Mapping[str, Any]:
        try:
            with self._session() as session:
                response = session.get(
                    url, withhold_token=True, headers={"Accept": "application/json", **(headers or {})},
                    allow_redirects=False, timeout=self.settings.timeout_s,
                )
                response.raise_for_status()
                found = response.json()
        except (RequestException, ValueError) as error:
            raise ProviderFault("away", f"{url} {type(error).__name__}") from error
        if not isinstance(found, dict):
            raise ProviderFault("away", f"{url} is no object")
        return found

    def _session(self, *, back: str = "") -> OAuth2Session:
        session = OAuth2Session(
            self.settings.client_id, self.settings.client_secret, scope=self.settings.scopes, redirect_uri=back,
            code_challenge_method="S256", token_endpoint_auth_method=self.settings.client_auth,
            default_timeout=self.settings.timeout_s,
        )
        session.register_client_auth_method(ClientSecretJWT())
        # A proxy of the environment is for the world outside.
        session.trust_env = urlsplit(self.settings.issuer).hostname not in LOOPBACK
        return session


def _text(claims: Mapping[str, Any], name: str) -> str:
    value = claims.get(name)
    return value.strip() if isinstance(value, str) else ""


def _name(claims: Mapping[str, Any]) -> str:
    whole = _text(claims, "name")
    return whole or f"{_text(claims, 'given_name')} {_text(claims, 'family_name')}".strip()
