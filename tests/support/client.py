"""The client of web tests: each request alone, with its token, and its answer held to `validity`."""

import contextvars
import hashlib
import os
from typing import Any

from flask import has_app_context
from flask.testing import FlaskClient
from itsdangerous import URLSafeTimedSerializer
from sqlalchemy import select
from werkzeug.datastructures import Headers
from werkzeug.test import TestResponse

from backoffice.db import db
from backoffice.models import User
from tests.support import validity

READS = ("GET", "HEAD", "OPTIONS")


class Client(FlaskClient):
    """Protection against forged requests stays on in tests, as in real life: a write brings the session's token, and
    `client.without_token` makes one that does not."""

    brings_token = True

    @property
    def without_token(self) -> "Client":
        """The same session, as another site would use it."""
        other = type(self)(self.application, self.response_wrapper, use_cookies=True)
        other._cookies = self._cookies
        other.brings_token = False
        return other

    def open(self, *args: Any, **kwargs: Any) -> TestResponse:
        """A context of its own per request, as in a server thread: no `g`, session or sign-in is shared."""
        _end_read()
        kwargs.setdefault("buffered", True)  # an answer that still streams is not looked at
        response = contextvars.Context().run(self._open, *args, **kwargs)
        _end_read()
        validity.check(response)
        return response

    def _open(self, *args: Any, **kwargs: Any) -> TestResponse:
        kwargs.setdefault("buffered", True)  # what is streamed needs this context until its last byte
        path_only = bool(args) and isinstance(args[0], str)
        if path_only and self.brings_token and kwargs.get("method", "GET").upper() not in READS:
            headers = Headers(kwargs.pop("headers", None))
            headers.setdefault("X-CSRFToken", self.token())
            kwargs["headers"] = headers
        return super().open(*args, **kwargs)

    def token(self) -> str:
        """The token that a page of this session would carry."""
        with self.session_transaction() as session:
            raw = session.setdefault("csrf_token", hashlib.sha256(os.urandom(32)).hexdigest())
        return str(URLSafeTimedSerializer(self.application.secret_key, salt="wtf-csrf-token").dumps(raw))

    def sign_in(self, email: str) -> None:
        """As after a sign-in: the form, its password and its limits are tried in the tests of sign-in."""
        contextvars.Context().run(self._sign_in, email)

    def _sign_in(self, email: str) -> None:
        with self.application.app_context():
            user = db.session.scalars(select(User).where(User.email == email)).one()
            session_id = f"{user.id}.{user.session_epoch}"
        with self.session_transaction() as session:
            session["_user_id"] = session_id
            session["_fresh"] = True


def _end_read() -> None:
    """The test sees what the request wrote: its own session reads anew."""
    if has_app_context():
        db.session.rollback()
