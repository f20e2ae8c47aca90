"""The sign-in service of the demo: an OpenID provider on this machine that believes whoever comes.

`flask up` starts it in `demo` alone, so that "Sign in with EU Login" can be tried without anything from outside. The
protocol is Authlib's own provider half, which our client half brings along anyway: code flow, PKCE, one use of each
code, signing out. It signs PS512 as EU Login does. Nothing is kept: codes and tokens live in the memory of the process.
"""

import hashlib
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from authlib.integrations.flask_oauth2 import AuthorizationServer, ResourceProtector
from authlib.oauth2 import OAuth2Error
from authlib.oauth2.rfc6749 import grants
from authlib.oauth2.rfc6750 import BearerTokenValidator
from authlib.oauth2.rfc7636 import CodeChallenge
from authlib.oidc.core import OpenIDCode, UserInfo
from authlib.oidc.rpinitiated import EndSessionEndpoint
from flask import Flask, Response, jsonify, redirect, render_template, request, session
from flask_babel import Babel
from joserfc.jwk import KeySet, RSAKey
from werkzeug.serving import make_server
from werkzeug.wrappers import Response as AnyResponse

from backoffice.config import DEMO_CLIENT
from backoffice.domain.permissions import StaffRole
from backoffice.domain.text import fold_email
from backoffice.services.demo_stories import ACCOUNTS
from backoffice.theme import theme

HOST = "127.0.0.1"
ALGORITHM = "PS512"
SCOPES = "openid email profile"
CODE_LIFE_S, TOKEN_LIFE_S = 120, 3600
LANGUAGES = ("lv", "en")
ROOT = Path(__file__).parents[2]
# Those of the demo who are coordinators; anybody else types an address.
OFFERED = tuple(account for account in ACCOUNTS if account.role is None or account.email.startswith("both@"))


@dataclass(frozen=True, slots=True, kw_only=True)
class Somebody:
    """Whoever chose an address; the subject follows from it, so that they are known again."""

    email: str

    @property
    def claims(self) -> dict[str, str]:
        name = next((account.name for account in ACCOUNTS if account.email == self.email), self.email.partition("@")[0])
        first, _, last = name.partition(" ")
        return {"sub": self.subject, "email": self.email, "given_name": first, "family_name": last}

    @property
    def subject(self) -> str:
        return "demo-" + hashlib.sha256(self.email.encode()).hexdigest()[:16]


class Client:
    """The one application that may ask."""

    def __init__(self, *, base_url: str) -> None:
        self.client_id = DEMO_CLIENT
        self.client_metadata = {
            "redirect_uris": [f"{base_url}/login/eu/back"],
            "post_logout_redirect_uris": [f"{base_url}/login/signed-out"],
        }
        self.id_token_signed_response_alg = ALGORITHM

    def get_client_id(self) -> str:
        return self.client_id

    def get_default_redirect_uri(self) -> str:
        return self.client_metadata["redirect_uris"][0]

    def get_allowed_scope(self, scope: str) -> str:
        return " ".join(word for word in (scope or "").split() if word in SCOPES.split())

    def check_redirect_uri(self, redirect_uri: str) -> bool:
        return redirect_uri in self.client_metadata["redirect_uris"]

    def check_client_secret(self, client_secret: str) -> bool:
        return client_secret == DEMO_CLIENT

    def check_endpoint_auth_method(self, method: str, _endpoint: str) -> bool:
        return method == "client_secret_basic"

    def check_response_type(self, response_type: str) -> bool:
        return response_type == "code"

    def check_grant_type(self, grant_type: str) -> bool:
        return grant_type == "authorization_code"


@dataclass(frozen=True, slots=True, kw_only=True)
class Code:
    """What was agreed on when it was given; good once, and for two minutes."""

    code: str
    somebody: Somebody
    asked: Mapping[str, str]
    scope: str
    at: float
    code_challenge: str
    code_challenge_method: str

    def get_redirect_uri(self) -> str:
        return self.asked.get("redirect_uri", "")

    def get_scope(self) -> str:
        return self.scope

    def get_nonce(self) -> str | None:
        return self.asked.get("nonce")

    def get_auth_time(self) -> int:
        return int(self.at)

    def get_acr(self) -> str | None:
        return None

    def get_amr(self) -> list[str] | None:
        return None


@dataclass(frozen=True, slots=True, kw_only=True)
class Token:
    somebody: Somebody
    scope: str
    at: float

    def get_scope(self) -> str:
        return self.scope

    def is_expired(self) -> bool:
        return time.time() > self.at + TOKEN_LIFE_S

    def is_revoked(self) -> bool:
        return False


def create(*, issuer: str, base_url: str, secret_key: str, translations: Path) -> Flask:
    """The provider as an application of its own; `base_url` is the site that people come from."""
    app = Flask("demo_provider", template_folder=str(ROOT / "templates"), static_folder=None)
    # Cookies know no port: a name of its own, or it would sign people out of the site.
    app.config.update(SECRET_KEY=f"demo provider {secret_key}", SESSION_COOKIE_NAME="demo_provider",
                      SESSION_COOKIE_SAMESITE="Lax")
    Babel(app, default_locale="lv", default_translation_directories=str(translations), locale_selector=_language)
    theme.init_app(app, translations=translations)
    client, codes, tokens = Client(base_url=base_url), dict[str, Code](), dict[str, Token]()
    key = RSAKey.generate_key(2048, {"use": "sig", "alg": ALGORITHM}, auto_kid=True)

    def save_token(token: dict[str, Any], asked: Any) -> None:
        tokens[token["access_token"]] = Token(somebody=asked.user, scope=token["scope"], at=time.time())

    server = AuthorizationServer(app, lambda name: client if name == DEMO_CLIENT else None, save_token)
    server.register_grant(_grant(codes), [_id_token(issuer, key), CodeChallenge(required=True)])
    server.register_endpoint(_end_session(key))
    protector = ResourceProtector()
    protector.register_token_validator(_validator(tokens))
    _routes(app, issuer=issuer, base_url=base_url, key=key, server=server, protector=protector)
    return app


def serve(*, port: int, base_url: str, secret_key: str, translations: Path) -> None:
    """Until told to stop."""
    app = create(
        issuer=f"http://{HOST}:{port}", base_url=base_url, secret_key=secret_key, translations=translations
    )
    make_server(HOST, port, app, threaded=True).serve_forever()


def _grant(codes: dict[str, Code]) -> type:
    class Grant(grants.AuthorizationCodeGrant):
        def save_authorization_code(self, code: str, asked: Any) -> None:
            for old in [name for name, kept in codes.items() if kept.at + CODE_LIFE_S < time.time()]:
                del codes[old]
            data = dict(asked.payload.data)
            codes[code] = Code(
                code=code, somebody=asked.user, asked=data, scope=asked.scope, at=time.time(),
                code_challenge=data.get("code_challenge", ""),
                code_challenge_method=data.get("code_challenge_method", ""),
            )

        def query_authorization_code(self, code: str, _client: Client) -> Code | None:
            found = codes.get(code)
            return found if found is not None and found.at + CODE_LIFE_S > time.time() else None

        def delete_authorization_code(self, authorization_code: Code) -> None:
            codes.pop(authorization_code.code, None)

        def authenticate_user(self, authorization_code: Code) -> Somebody:
            return authorization_code.somebody

    return Grant


def _id_token(issuer: str, key: RSAKey) -> OpenIDCode:
    class IdToken(OpenIDCode):
        def exists_nonce(self, _nonce: str, _asked: Any) -> bool:
            return False

        def resolve_client_private_key(self, _client: Client) -> RSAKey:
            return key

        def get_client_claims(self, client: Client) -> dict[str, Any]:
            return {"iss": issuer, "aud": client.client_id}

        def get_encode_header(self, _client: Client) -> dict[str, str]:
            return {"alg": ALGORITHM, "kid": str(key.kid)}

        def generate_user_info(self, user: Somebody, scope: str) -> UserInfo:
            return UserInfo(user.claims).filter(scope)

    return IdToken(require_nonce=True)


def _end_session(key: RSAKey) -> EndSessionEndpoint:
    class EndSession(EndSessionEndpoint):
        def get_server_jwks(self) -> KeySet:
            return KeySet([key])

        def get_algorithms(self) -> list[str]:
            return [ALGORITHM]

        def is_post_logout_redirect_uri_legitimate(self, *_args: Any, **_values: Any) -> bool:
            return True

        def end_session(self, _asked: Any) -> None:
            session.pop("email", None)

    return EndSession()


def _validator(tokens: Mapping[str, Token]) -> BearerTokenValidator:
    class Validator(BearerTokenValidator):
        def authenticate_token(self, token_string: str) -> Token | None:
            return tokens.get(token_string)

    return Validator()


def _routes(
    app: Flask, *, issuer: str, base_url: str, key: RSAKey, server: AuthorizationServer, protector: ResourceProtector
) -> None:
    @app.get("/.well-known/openid-configuration")
    def configuration() -> Response:
        return jsonify({
            "issuer": issuer, "authorization_endpoint": f"{issuer}/authorize", "token_endpoint": f"{issuer}/token",
            "userinfo_endpoint": f"{issuer}/userinfo", "jwks_uri": f"{issuer}/jwks",
            "end_session_endpoint": f"{issuer}/end", "response_types_supported": ["code"],
            "subject_types_supported": ["public"], "id_token_signing_alg_values_supported": [ALGORITHM],
            "scopes_supported": SCOPES.split(), "code_challenge_methods_supported": ["S256"],
            "token_endpoint_auth_methods_supported": ["client_secret_basic"],
        })

    @app.get("/jwks")
    def jwks() -> Response:
        return jsonify({"keys": [key.as_dict(private=False)]})

    @app.route("/authorize", methods=("GET", "POST"))
    def authorize() -> AnyResponse | tuple[str, int] | str:
        """Who comes back is known, unless the site asks anew; everybody else chooses who they are."""
        if "ui_locales" in request.args:
            session["lang"] = request.args["ui_locales"]
        try:
            grant = server.get_consent_grant(end_user=None)
        except OAuth2Error as error:
            return render_template("demo/provider.html", offered=(), error=str(error.error), base_url=base_url), 400
        email = fold_email(request.form.get("email", "")) if request.method == "POST" else session.get("email", "")
        is_asked_anew = request.method == "GET" and request.args.get("prompt") == "login"
        if "@" not in email or is_asked_anew:
            return render_template(
                "demo/provider.html", offered=OFFERED, error="", base_url=base_url, staff=StaffRole,
                is_wrong=request.method == "POST", cancel_url=_cancel_url(issuer),
            )
        session["email"] = email
        return server.create_authorization_response(  # type: ignore[no-any-return]
            grant_user=Somebody(email=email), grant=grant
        )

    @app.post("/token")
    def token() -> AnyResponse:
        return server.create_token_response()  # type: ignore[no-any-return]

    @app.get("/userinfo")
    def userinfo() -> Response:
        found: Token = protector.acquire_token("openid")
        return jsonify(found.somebody.claims)

    @app.get("/end")
    def end() -> AnyResponse:
        return server.create_endpoint_response("end_session") or redirect(base_url)

    @app.after_request
    def headers(response: Response) -> Response:
        response.headers["Content-Security-Policy"] = (
            f"default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self' data:; "
            f"form-action 'self' {base_url}; frame-ancestors 'none'; base-uri 'none'"
        )
        response.headers["Cache-Control"] = "no-store"
        return response


def _cancel_url(issuer: str) -> str:
    """Back to the site without saying who it is."""
    values = {"error": "access_denied", "state": request.args.get("state", ""), "iss": issuer}
    return f"{request.args.get('redirect_uri', '')}?{urlencode(values)}"


def _language() -> str:
    if not request:
        return LANGUAGES[0]
    asked = request.args.get("lang") or session.get("lang") or ""
    return asked if asked in LANGUAGES else request.accept_languages.best_match(LANGUAGES) or LANGUAGES[0]
