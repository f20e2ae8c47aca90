"""From the proof of who it is to the first page: the second factor, the terms, then the session (DOMAIN §7).

A person who is on this way is not signed in: the session knows only who it was, by which door, and what is done.
"""

from dataclasses import dataclass
from datetime import timedelta

from flask import current_app, redirect, session, url_for
from flask.typing import ResponseReturnValue

from backoffice import auth
from backoffice.config import Settings
from backoffice.db import db
from backoffice.domain import clock, second_factor
from backoffice.models import User
from backoffice.queries import signin as queries
from backoffice.views import frame

HALFWAY, HALFWAY_LIFE = "signing-in", timedelta(minutes=30)


@dataclass(frozen=True, slots=True, kw_only=True)
class Way:
    """How far somebody is. `id_token`: they came by EU Login, which has factors of its own; else by a password."""

    user: User
    target: str
    id_token: str | None
    is_proved: bool  # nothing but the terms is left


def settings() -> Settings:
    found: Settings = current_app.config["SETTINGS"]
    return found


def asks_code(user: User) -> bool:
    """Is a password of this person followed by the second factor?"""
    return second_factor.is_asked(is_staff=user.role is not None, is_demo=user.is_demo)


def enter(
    user: User, *, target: str, id_token: str | None = None, is_proved: bool = False
) -> ResponseReturnValue:
    """Into the application, or to what still stands before it."""
    if id_token is None and not is_proved and asks_code(user):
        _remember(user, target=target, id_token=None, is_proved=False)
        return redirect(url_for("factor.code" if user.totp_secret else "factor.enrol"))
    if queries.terms_to_accept(db.session(), user):
        _remember(user, target=target, id_token=id_token, is_proved=True)
        return redirect(url_for("auth.terms"))
    auth.sign_in(user, id_token=id_token)
    return redirect(target or home())


def go_on(way: Way) -> ResponseReturnValue:
    """One thing more was done."""
    return enter(way.user, target=way.target, id_token=way.id_token, is_proved=True)


def under_way(*, is_proved: bool) -> Way | None:
    """Who stands before the next door; None: nobody, or not at this one, or for too long."""
    kept = session.get(HALFWAY)
    if not isinstance(kept, dict) or clock.now().timestamp() > kept["until"] or kept["proved"] is not is_proved:
        return None
    user_id, _dot, epoch = kept["who"].partition(".")
    user = db.session.get(User, int(user_id))
    if user is None or user.deactivated_at is not None or user.session_epoch != int(epoch):
        return None
    return Way(user=user, target=kept["next"], id_token=kept["eu"], is_proved=is_proved)


def target_of_late() -> str:
    """Where somebody wanted to go whose way ended."""
    kept = session.get(HALFWAY)
    return str(kept["next"]) if isinstance(kept, dict) else ""


def prove() -> None:
    """The second factor was set up; the session goes on, so that the page which says so can be answered."""
    session[HALFWAY] = {**session[HALFWAY], "proved": True}


def home() -> str:
    """Staff to the back-office, everybody else to their projects; who is both finds the other area in the frame."""
    return frame.staff_home() if auth.staff() is not None else "/my/"


def _remember(user: User, *, target: str, id_token: str | None, is_proved: bool) -> None:
    auth.sign_out()
    until = clock.now() + HALFWAY_LIFE
    session[HALFWAY] = {
        "who": f"{user.id}.{user.session_epoch}", "next": target, "until": until.timestamp(), "eu": id_token,
        "proved": is_proved,
    }
