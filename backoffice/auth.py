"""Sign-in: Flask-Login keeps an id, the rest of the house sees an Actor (DESIGN §4)."""

import unicodedata
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from functools import wraps
from typing import Any

from argon2 import PasswordHasher
from argon2.exceptions import Argon2Error
from flask import Flask, abort, current_app, g, redirect, request, session, url_for
from flask_login import UserMixin, current_user, login_user, logout_user

from backoffice.db import db
from backoffice.domain import clock
from backoffice.domain.permissions import Actor, Permission, Role
from backoffice.extensions import login
from backoffice.models import User
from backoffice.queries import users as queries

SEEN, RENEWED_EVERY = "seen", 60  # when something was last opened or saved, and how exactly, in seconds
LANGUAGE = "lang"  # where the session keeps the language that was chosen
EU = "eu"  # of a session that came by EU Login: the id_token that ends the session there, too


@dataclass(frozen=True, slots=True, kw_only=True)
class _Passwords:
    """How passwords are hashed, and a hash that is tried when no such user exists: the time does not tell."""

    hasher: PasswordHasher
    nobody: str


class SignedIn(UserMixin):
    """Plain values of the person who is signed in; expiry of rows cannot touch it."""

    def __init__(self, *, user: User, project_ids: frozenset[int]) -> None:
        self.id = f"{user.id}.{user.session_epoch}"
        self.user_id = user.id
        self.email, self.name, self.language = user.email, user.name, user.language
        self.project_ids = project_ids
        self.staff = (
            Actor(user_id=user.id, role=Role(user.role.value), agency_id=user.agency_id) if user.role else None
        )
        self.coordinator = (
            Actor(user_id=user.id, role=Role.COORDINATOR, project_ids=project_ids) if project_ids else None
        )


def init_app(app: Flask) -> None:
    login.init_app(app)
    login.login_view = "auth.login"
    login.login_message = None  # its own is English; our login page says it in the reader's language
    login.user_loader(load)
    is_test = app.config["SETTINGS"].env == "test"
    # argon2id with the library's own, current costs; hundreds of sign-ins of the tests need not pay them.
    hasher = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1) if is_test else PasswordHasher()
    app.extensions["passwords"] = _Passwords(hasher=hasher, nobody=hasher.hash("no such person"))


def load(session_id: str) -> SignedIn | None:
    """The person of a session, unless it was ended: deactivated, or all sessions ended (epoch)."""
    user_id, _dot, epoch = session_id.partition(".")
    if not user_id.isdecimal() or not epoch.isdecimal():
        return None
    if seconds_left() <= 0:
        return None
    user = db.session.get(User, int(user_id))
    if user is None or user.deactivated_at is not None or user.session_epoch != int(epoch):
        return None
    return _person_of(user)


def seconds_left() -> int:
    """Until the session ends, when nothing is opened or saved meanwhile."""
    idle: timedelta = current_app.config["SESSION_IDLE"]
    seen = session.get(SEEN)
    passed = clock.now().timestamp() - seen if seen is not None else 0
    return int(idle.total_seconds() - passed)


def renew() -> None:
    """Whoever opens or saves something stays signed in. The minute spares a cookie with each answer; what a page asks
    by itself (`g.is_silent`) is nobody's doing, nor is a file of the look, for which nobody is looked up."""
    if "_login_user" not in g or person() is None or g.get("is_silent"):
        return
    now = clock.now().timestamp()
    if now - session.get(SEEN, 0) > RENEWED_EVERY:
        session[SEEN] = now


def _person_of(user: User) -> SignedIn:
    return SignedIn(user=user, project_ids=frozenset(db.session.scalars(queries.projects_of(user.id))))


def hash_password(password: str) -> str:
    """Takes a while by intent: never inside a unit of work."""
    return _passwords().hasher.hash(_composed(password))


def password_fits(user: User | None, password: str) -> bool:
    """Takes the same time whether or not there is such a user with a password."""
    try:
        known = _passwords()
        known.hasher.verify(user.password_hash if user and user.password_hash else known.nobody, _composed(password))
    except Argon2Error:
        return False
    return user is not None and user.password_hash is not None


def fresh_hash(user: User, password: str) -> str | None:
    """The same password under today's costs, when the kept hash has older ones."""
    is_old = user.password_hash is not None and _passwords().hasher.check_needs_rehash(user.password_hash)
    return hash_password(password) if is_old else None


def _passwords() -> _Passwords:
    return current_app.extensions["passwords"]  # type: ignore[no-any-return]


def _composed(password: str) -> str:
    # The same letters come composed from one keyboard and in two parts from another.
    return unicodedata.normalize("NFC", password)


def sign_in(user: User, *, id_token: str | None = None) -> None:
    """A session of its own: nothing of the one before is kept but the language in view. `id_token`: of who came by EU
    Login, empty when it is too long to be kept."""
    _start_anew()
    if id_token is not None:
        session[EU] = id_token
    login_user(_person_of(user))


def sign_out() -> str | None:
    """Forget the session; the language in view stays. What ends the session at EU Login, None of another session."""
    id_token = session.get(EU)
    logout_user()
    _start_anew()
    return id_token


def _start_anew() -> None:
    language = session.get(LANGUAGE)
    session.clear()
    if language:
        session[LANGUAGE] = language


def person() -> SignedIn | None:
    """Who is signed in, if anybody."""
    return current_user if current_user.is_authenticated else None


def staff() -> Actor | None:
    """The person as member of the staff; rights never mix with those of a coordinator."""
    who = person()
    return who.staff if who else None


def coordinator() -> Actor | None:
    """The person as coordinator of the projects to which they have access."""
    who = person()
    return who.coordinator if who else None


def sign_in_first() -> Any:
    """To the login page and, after it, back to this very place."""
    return redirect(url_for("auth.login", next=request.full_path.rstrip("?")))


def own(permission: Permission) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """A coordinator's view. A person without any project reaches only what asks for `own:read` by `signed_in`."""

    def wrap(view: Callable[..., Any]) -> Callable[..., Any]:
        @wraps(view)
        def inner(*args: Any, **kwargs: Any) -> Any:
            if person() is None:
                return sign_in_first()
            actor = coordinator()
            if actor is None or not actor.can(permission):
                abort(404)
            g.area = "coordinator"
            return view(*args, **kwargs)

        inner.permission = permission  # type: ignore[attr-defined]  # read by the access matrix
        return inner

    return wrap


def signed_in(view: Callable[..., Any]) -> Callable[..., Any]:
    """A view for anybody who is signed in."""

    @wraps(view)
    def inner(*args: Any, **kwargs: Any) -> Any:
        return sign_in_first() if person() is None else view(*args, **kwargs)

    return inner
