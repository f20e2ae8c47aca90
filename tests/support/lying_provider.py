"""An OpenID provider that lies on purpose: every lie that a sign-in must see through, one at a time."""

import json
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs

from joserfc import jwt
from joserfc.jwk import KeySet, OctKey, RSAKey

CLIENT, SECRET = "results", "a secret of the tests, long enough for HS256"
ALGORITHM = "PS512"
Change = Callable[[dict[str, Any]], None]


def _nothing(_values: dict[str, Any]) -> None:
    """Says the truth."""


def new_key() -> RSAKey:
    return RSAKey.generate_key(2048, {"use": "sig"}, auto_kid=True)


@dataclass(slots=True)
class Provider:
    """What it says; a test changes one thing of it. `nonce` is that of the sign-in under way."""

    issuer: str
    key: RSAKey = field(default_factory=new_key)
    nonce: str = ""
    email: str = "Anna@School.Example"
    subject: str = "anna"
    claims: Change = _nothing
    token: Change = _nothing
    metadata: Change = _nothing
    userinfo: dict[str, Any] = field(default_factory=dict)
    header: dict[str, Any] = field(default_factory=dict)
    sign_with: RSAKey | OctKey | None = None  # another key than the one that is published
    raw_id_token: str | None = None
    delay_s: float = 0
    asked: list[dict[str, Any]] = field(default_factory=list)  # what came to the token endpoint
    paths: list[str] = field(default_factory=list)

    def described(self) -> dict[str, Any]:
        found: dict[str, Any] = {
            "issuer": self.issuer, "authorization_endpoint": f"{self.issuer}/authorize",
            "token_endpoint": f"{self.issuer}/token", "jwks_uri": f"{self.issuer}/jwks",
            "userinfo_endpoint": f"{self.issuer}/userinfo", "end_session_endpoint": f"{self.issuer}/end",
            # It even says that it takes no signature: what counts is what we take.
            "id_token_signing_alg_values_supported": [ALGORITHM, "none", "HS256"],
        }
        self.metadata(found)
        return found

    def answered(self) -> dict[str, Any]:
        now = int(time.time())
        claims = {
            "iss": self.issuer, "sub": self.subject, "aud": CLIENT, "iat": now, "exp": now + 300,
            "nonce": self.nonce, "email": self.email, "given_name": "Anna", "family_name": "Ozola",
        }
        self.claims(claims)
        said = {"alg": ALGORITHM, "kid": self.key.kid, **self.header}
        header = {name: value for name, value in said.items() if value is not None}
        id_token = self.raw_id_token or jwt.encode(
            header, claims, self.sign_with or self.key, algorithms=[header["alg"]]
        )
        found: dict[str, Any] = {"access_token": "an access token", "token_type": "Bearer", "id_token": id_token}
        self.token(found)
        return found


class _Handler(BaseHTTPRequestHandler):
    provider: Provider

    def do_GET(self) -> None:
        self.provider.paths.append(self.path)
        answers: dict[str, Callable[[], dict[str, Any]]] = {
            "/.well-known/openid-configuration": self.provider.described,
            "/jwks": lambda: KeySet([self.provider.key]).as_dict(private=False),
            "/userinfo": lambda: self.provider.userinfo,
        }
        self._answer(answers.get(self.path))

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"])).decode()
        values = {name: value[0] for name, value in parse_qs(body).items()}
        self.provider.asked.append({**values, "Authorization": self.headers.get("Authorization", "")})
        self._answer(self.provider.answered)

    def _answer(self, make: Callable[[], dict[str, Any]] | None) -> None:
        time.sleep(self.provider.delay_s)
        body = json.dumps(make() if make else {}).encode()
        self.send_response(200 if make else 404)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        try:
            self.wfile.write(body)
        except BrokenPipeError:  # who asked had no more patience
            self.close_connection = True

    def log_message(self, *_values: object) -> None:
        """Quiet."""


@contextmanager
def serve() -> Iterator[Provider]:
    """On a free port of this machine."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Handler)
    provider = Provider(issuer=f"http://127.0.0.1:{server.server_port}")
    server.RequestHandlerClass = type("Handler", (_Handler,), {"provider": provider})
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield provider
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
