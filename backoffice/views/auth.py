"""Sign-in with a local account, the one-time link, the terms of use, sign-out; EU Login is in `eu_login.py`."""

import re
from urllib.parse import urlsplit

from flask import Blueprint, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from backoffice import auth
from backoffice.db import db
from backoffice.domain import clock, signin
from backoffice.domain.errors import N_, NotFound, Refused
from backoffice.domain.permissions import ROLE_WORDS, Role
from backoffice.domain.signin import Attempt, Paused
from backoffice.domain.text import fold_email
from backoffice.forms.auth import ForgotForm, NewPasswordForm, SignInForm, TermsForm
from backoffice.mail import invitations
from backoffice.models import Access, User
from backoffice.queries import signin as queries
from backoffice.queries import users as user_queries
from backoffice.services import signin as service
from backoffice.services.uow import unit_of_work
from backoffice.views import entering, eu_login
from backoffice.views.messages import refuse, say

bp = Blueprint("auth", __name__)
REFUSED = N_("The address or the password is not right.")
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
        return redirect(target or entering.home())
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
    fits = auth.password_fits(user, password)
    if not fits or user is None or not service.may_have_password(user, staff_only=_staff_only()):
        if fits and user is not None and user.deactivated_at is None:
            with unit_of_work() as uow:
                service.note(uow, attempt_id=attempt_id, outcome=Attempt.PASSWORD_CLOSED)
        refuse(form, Refused(REFUSED, code="sign-in-refused"))
        return _login_page(form), 401
    fresh = auth.fresh_hash(user, password)
    with unit_of_work() as uow:
        service.grant_sign_in(
            uow, attempt_id=attempt_id, user_id=user.id, password_hash=fresh, is_halfway=entering.asks_code(user)
        )
    return entering.enter(user, target=target)


@bp.route("/login/terms", methods=("GET", "POST"))
def terms() -> ResponseReturnValue:
    """The terms of use, before the first page; the version that is accepted is recorded."""
    way = entering.under_way(is_proved=True)
    if way is None:
        return redirect(url_for(".login", next=entering.target_of_late() or None))
    form = TermsForm()
    if form.validate_on_submit():
        with unit_of_work() as uow:
            service.accept_terms(uow, user_id=way.user.id)
        return entering.go_on(way)
    return render_template(
        "auth/terms.html", form=form, agencies=queries.terms_to_accept(db.session(), way.user),
        is_new_version=db.session.scalar(queries.has_terms_accepted(way.user.id)) is not None, email=way.user.email,
    ), 400 if form.errors else 200


@bp.route("/login/forgot", methods=("GET", "POST"))
def forgot() -> ResponseReturnValue:
    """Another one-time link by mail; the answer is the same whether or not there is such an account. Once there is EU
    Login it points there, and the link is for accounts of the agency alone."""
    form = ForgotForm()
    if not form.validate_on_submit():
        return _forgot_page(form), 400 if form.errors else 200
    try:
        with unit_of_work() as uow:
            service.ask_for_link(
                uow, email=fold_email(form.email.data or ""), network=signin.network_of(request.remote_addr),
                staff_only=_staff_only(),
            )
    except Paused as pause:
        refuse(form, pause)
        return _paused(pause, _forgot_page(form))
    return _forgot_page(form, is_sent=True)


@bp.route("/invite/<token>", methods=("GET", "POST"))
def invite(token: str) -> ResponseReturnValue:
    """A one-time link: opening it shows a page and uses up nothing, since mail scanners open links; the button does."""
    access_id = invitations.access_of(token, secret_key=entering.settings().secret_key)
    if access_id is not None:
        return _invited(access_id)
    link = db.session.scalar(queries.link(signin.token_digest(token)))
    invited = db.session.get(User, link.user_id) if link else None
    if invited is not None and not service.may_have_password(invited, staff_only=_staff_only()):
        eu_login.invite(invited.id)
        return _link_is_over(410)
    user = service.link_holder(link, user=invited, now=clock.now())
    if user is None:
        return _link_is_over(410 if link else 404)
    form = NewPasswordForm()
    if form.validate_on_submit():
        password = form.password.data or ""
        try:
            signin.check_password(password, email=user.email)
            hashed = auth.hash_password(password)
            with unit_of_work() as uow:
                service.use_link(uow, token=token, password_hash=hashed, staff_only=_staff_only())
        except NotFound:
            return _link_is_over(410)
        except Refused as error:
            refuse(form, error)
        else:
            return entering.enter(user, target="")
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
    id_token = auth.sign_out()
    if id_token is not None:
        return eu_login.leave(id_token, target=target)
    return redirect(url_for(".login", next=target) if target else "/")


def _staff_only() -> bool:
    """Passwords and their links are for staff alone once EU Login is set (DOMAIN §7)."""
    return entering.settings().is_oidc_set


def _invited(access_id: int) -> ResponseReturnValue:
    """By the link of an invitation: to its project, with what the page of a wrong address may then say."""
    access = db.session.get(Access, access_id)
    if access is None or access.ended_at is not None:
        return _link_is_over(410)
    eu_login.invite(access.user_id)
    return redirect(f"/my/{access.project.code}/")


def _login_page(form: SignInForm) -> str:
    target = form.next.data or ""
    oidc = entering.settings().oidc
    return render_template(
        "auth/login.html", form=form, why=_why(target), demo=_demo(), target=target, oidc=oidc,
        eu_url=url_for("eu.begin", next=target or None),
    )


def _forgot_page(form: ForgotForm, *, is_sent: bool = False) -> str:
    eu_url = url_for("eu.begin") if _staff_only() else ""
    return render_template("auth/forgot.html", form=form, is_sent=is_sent, eu_url=eu_url)


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
    eu_url = url_for("eu.begin", next="/my/") if _staff_only() else ""
    return render_template("auth/link_over.html", eu_url=eu_url), status, {"Cache-Control": "no-store"}


def _demo() -> list[tuple[str, str, str]]:
    """Address, role and purpose of the accounts that the demo has; none outside of it."""
    if not entering.settings().is_demo:
        return []
    rows = []
    for user in db.session.scalars(user_queries.demo()):
        if user.role is None and _staff_only():
            continue  # their password opens nothing
        role = Role(user.role.value) if user.role else Role.COORDINATOR
        note = _DEMO_NOTES.get(user.email)
        rows.append((user.email, say(ROLE_WORDS[role]), say(note) if note else ""))
    return rows
