"""Sign-in with a local account, the one-time link, the terms of use, sign-out. EU Login gets its door here too."""

import re
from datetime import timedelta
from urllib.parse import urlsplit

from flask import Blueprint, current_app, redirect, render_template, request, session, url_for
from flask.typing import ResponseReturnValue

from backoffice import auth
from backoffice.config import Settings
from backoffice.db import db
from backoffice.domain import clock, signin
from backoffice.domain.errors import N_, NotFound, Refused
from backoffice.domain.permissions import ROLE_WORDS, Role
from backoffice.domain.signin import Paused
from backoffice.domain.text import fold_email
from backoffice.forms.auth import ForgotForm, NewPasswordForm, SignInForm, TermsForm
from backoffice.models import User
from backoffice.queries import signin as queries
from backoffice.queries import users as user_queries
from backoffice.services import signin as service
from backoffice.services.uow import unit_of_work
from backoffice.views.messages import refuse, say

bp = Blueprint("auth", __name__)
REFUSED = N_("The address or the password is not right.")
# Between the password and the terms: who it is, where they want to go, and until when the terms page waits.
HALFWAY, HALFWAY_LIFE = "signing-in", timedelta(minutes=30)
_PROJECT = re.compile(r"/my/(?P<code>[A-Za-z0-9-]{10,60})(?:/|$)")
# What each account of the demo is for; one that is not named here shows its role alone.
_DEMO_NOTES = {
    "coordinator@demo.example": N_("enters results and submits them"),
    "second@demo.example": N_("works on one project with a colleague"),
    "both@demo.example": N_("is a specialist, and coordinator of one project"),
    "specialist@demo.example": N_("reviews, approves, returns, unlocks"),
    "specialist2@demo.example": N_("a colleague: two decide at once"),
    "helpdesk@demo.example": N_("answers tickets, gives access"),
    "admin@demo.example": N_("users, import, settings"),
    "platform@demo.example": N_("agencies and their admins"),
    "specialist@other.example": N_("of another agency, sees nothing of ours"),
    "coordinator@other.example": N_("of another agency"),
}


@bp.route("/login", methods=("GET", "POST"))
def login() -> ResponseReturnValue:
    """Sign in; `?next=` leads back to the very place."""
    target = signin.own_path(request.args.get("next", ""))
    if request.method == "GET" and auth.person() is not None:
        return redirect(target or _home())
    form = SignInForm(data={"next": target})
    if not form.validate_on_submit():
        return _login_page(form), 400 if form.errors else 200
    target = signin.own_path(form.next.data or "") or target
    password = form.password.data or ""
    try:
        with unit_of_work() as uow:
            attempt_id = service.begin_sign_in(
                uow, email=fold_email(form.email.data or ""), network=signin.network_of(request.remote_addr)
            )
    except Paused as pause:
        refuse(form, pause)
        return _paused(pause, _login_page(form))
    user = db.session.scalar(user_queries.by_email(fold_email(form.email.data or "")))
    # The password is looked at outside any transaction, and takes as long when there is no such account.
    if not auth.password_fits(user, password) or user is None or user.deactivated_at is not None:
        refuse(form, Refused(REFUSED, code="sign-in-refused"))
        return _login_page(form), 401
    fresh = auth.fresh_hash(user, password)
    with unit_of_work() as uow:
        service.grant_sign_in(uow, attempt_id=attempt_id, user_id=user.id, password_hash=fresh)
    return _enter(user, target=target)


@bp.route("/login/terms", methods=("GET", "POST"))
def terms() -> ResponseReturnValue:
    """The terms of use, between the password and the first page; the version that is accepted is recorded."""
    user, target = _halfway()
    if user is None:
        return redirect(url_for(".login", next=target or None))
    form = TermsForm()
    if form.validate_on_submit():
        with unit_of_work() as uow:
            service.accept_terms(uow, user_id=user.id)
        return _enter(user, target=target)
    return render_template(
        "auth/terms.html", form=form, agencies=queries.terms_to_accept(db.session(), user),
        is_new_version=db.session.scalar(queries.has_terms_accepted(user.id)) is not None, email=user.email,
    ), 400 if form.errors else 200


@bp.route("/login/forgot", methods=("GET", "POST"))
def forgot() -> ResponseReturnValue:
    """Another one-time link by mail; the answer is the same whether or not there is such an account."""
    form = ForgotForm()
    if not form.validate_on_submit():
        return render_template("auth/forgot.html", form=form, is_sent=False), 400 if form.errors else 200
    try:
        with unit_of_work() as uow:
            service.ask_for_link(
                uow, email=fold_email(form.email.data or ""), network=signin.network_of(request.remote_addr)
            )
    except Paused as pause:
        refuse(form, pause)
        return _paused(pause, render_template("auth/forgot.html", form=form, is_sent=False))
    return render_template("auth/forgot.html", form=form, is_sent=True)


@bp.route("/invite/<token>", methods=("GET", "POST"))
def invite(token: str) -> ResponseReturnValue:
    """A one-time link: opening it shows a page and uses up nothing, since mail scanners open links; the button does."""
    link = db.session.scalar(queries.link(signin.token_digest(token)))
    user = service.link_holder(link, user=db.session.get(User, link.user_id) if link else None, now=clock.now())
    if user is None:
        return _link_is_over(410 if link else 404)
    form = NewPasswordForm()
    if form.validate_on_submit():
        password = form.password.data or ""
        try:
            signin.check_password(password, email=user.email)
            hashed = auth.hash_password(password)
            with unit_of_work() as uow:
                service.use_link(uow, token=token, password_hash=hashed)
        except NotFound:
            return _link_is_over(410)
        except Refused as error:
            refuse(form, error)
        else:
            return _enter(user, target="")
    who = auth.person()
    page = render_template(
        "auth/invite.html", form=form, email=user.email, is_first=user.password_hash is None,
        least=signin.PASSWORD_MIN, other=who.email if who is not None and who.user_id != user.id else "",
    )
    return page, 400 if form.errors else 200, {"Cache-Control": "no-store"}


@bp.post("/logout")
def logout() -> ResponseReturnValue:
    """Sign out; with `next`, to sign in as somebody else and come to that place."""
    target = signin.own_path(request.form.get("next", ""))
    auth.sign_out()
    return redirect(url_for(".login", next=target) if target else "/")


def _enter(user: User, *, target: str) -> ResponseReturnValue:
    """Into the application, or first to the terms that this person has yet to accept."""
    if queries.terms_to_accept(db.session(), user):
        auth.sign_out()
        until = clock.now() + HALFWAY_LIFE
        session[HALFWAY] = [f"{user.id}.{user.session_epoch}", target, until.timestamp()]
        return redirect(url_for(".terms"))
    auth.sign_in(user)
    return redirect(target or _home())


def _halfway() -> tuple[User | None, str]:
    """Who gave the right password and has yet to accept the terms."""
    session_id, target, until = session.get(HALFWAY) or ("0.0", "", 0)
    if clock.now().timestamp() > until:
        return None, target
    user_id, _dot, epoch = session_id.partition(".")
    user = db.session.get(User, int(user_id))
    if user is None or user.deactivated_at is not None or user.session_epoch != int(epoch):
        return None, target
    return user, target


def _home() -> str:
    """Staff to the back-office, everybody else to their projects; who is both finds the other area in the frame."""
    return "/admin/" if auth.staff() is not None else "/my/"


def _login_page(form: SignInForm) -> str:
    target = form.next.data or ""
    return render_template("auth/login.html", form=form, why=_why(target), demo=_demo(), target=target)


def _why(target: str) -> str:
    """Why sign-in is asked: the person followed a link."""
    path = urlsplit(target).path
    found = _PROJECT.match(path)
    if found is not None:
        return say(
            N_("Sign in to open the project %(code)s. Use the address to which its mail came."),
            {"code": found["code"].upper()},
        )
    if path.startswith("/my/"):
        return say(N_("Sign in to open your projects."))
    if path.startswith("/admin/"):
        return say(N_("Sign in to open this page of the back-office."))
    return say(N_("The page that you asked for opens after you sign in.")) if target else ""


def _paused(pause: Paused, body: str) -> ResponseReturnValue:
    return body, 429, {"Retry-After": str(pause.seconds)}


def _link_is_over(status: int) -> ResponseReturnValue:
    return render_template("auth/link_over.html"), status, {"Cache-Control": "no-store"}


def _demo() -> list[tuple[str, str, str]]:
    """Address, role and purpose of the accounts that the demo has; none outside of it."""
    settings: Settings = current_app.config["SETTINGS"]
    if not settings.is_demo:
        return []
    rows = []
    for user in db.session.scalars(user_queries.demo()):
        role = Role(user.role.value) if user.role else Role.COORDINATOR
        note = _DEMO_NOTES.get(user.email)
        rows.append((user.email, say(ROLE_WORDS[role]), say(note) if note else ""))
    return rows
