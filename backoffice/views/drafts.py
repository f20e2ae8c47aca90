"""Typed text is safe (cases: sessions and text): kept while it is typed, after the session has ended, after another
sign-in, in the other language; with script and without.

Each form carries a mark: signed by us for the person who opened it, with the address to which it is sent and the page
on which it stands. It proves, without any session, that this very person was given this very form; so a form whose
session ended can still be kept, for that person alone. It saves nothing: that takes a signed-in press of "Save".
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from flask import Blueprint, current_app, g, jsonify, redirect, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext
from itsdangerous import BadData, URLSafeTimedSerializer
from werkzeug.datastructures import MultiDict
from wtforms import FileField, HiddenField, MultipleFileField

from backoffice import auth
from backoffice.db import db
from backoffice.domain import clock
from backoffice.domain.drafts import MARK_LASTS, PLACE_MAX
from backoffice.domain.errors import N_, DomainError, Forbidden, Refused
from backoffice.domain.signin import own_path
from backoffice.extensions import csrf
from backoffice.forms.base import Kept
from backoffice.models import FormDraft
from backoffice.queries import drafts as queries
from backoffice.services import drafts as services
from backoffice.services.uow import UnitOfWork, unit_of_work
from backoffice.views.messages import hour, moment, words

bp = Blueprint("drafts", __name__, url_prefix="/drafts")
OTHER_ACCOUNT = N_("Another account is signed in now.")
OVER = N_("This page was open for too long; load it anew.")
# Beginning of an address → says why nothing can be saved there now.
_GUARDS: dict[str, Callable[[str], DomainError | None]] = {}


@dataclass(frozen=True, slots=True, kw_only=True)
class Mark:
    """Who opened a form, to which address it is sent, and on which page it stands."""

    user_id: int
    place: str
    back: str


def guard(beginning: str) -> Callable[[Callable[[str], DomainError | None]], Callable[[str], DomainError | None]]:
    """Name the function that says why the forms below an address can save nothing now (sent, approved, gone)."""

    def take(found: Callable[[str], DomainError | None]) -> Callable[[str], DomainError | None]:
        _GUARDS[beginning] = found
        return found

    return take


def mark(*, place: str, back: str = "") -> str:
    """The hidden value of a form that the person in sight opens."""
    who = auth.person()
    return _signer().dumps([who.user_id, place[:PLACE_MAX], back or place]) if who else ""


def read(value: str) -> Mark | None:
    try:
        user_id, place, back = _signer().loads(value, max_age=int(MARK_LASTS.total_seconds()))
    except (BadData, ValueError):
        return None
    return Mark(user_id=user_id, place=place, back=own_path(back) or "/")


def opened(form: Kept, *, place: str = "", back: str = "") -> None:
    """Mark a form, and put into one that is shown afresh what its writer typed before and did not save. `place`: the
    address to which it is sent, where that is not the page's own."""
    is_fresh = bool(place) or request.method in {"GET", "HEAD"}
    place = (place or request.path).partition("?")[0]  # from whichever list somebody came, it is the same form
    if is_fresh:
        _restore(form, place=place)
    who = auth.person()
    if request.path.startswith("/admin/") and place == request.path:
        back = back or request.full_path.rstrip("?")  # with the list from which the page was reached
    form.opened.data, form.shelf = mark(place=place, back=back), f"{who.user_id if who else 0}:{place}"


def forget(uow: UnitOfWork, form: Kept) -> None:
    """The form was saved: with the act itself its draft goes."""
    found, who = read(form.opened.data or ""), auth.person()
    if found is not None and who is not None and found.user_id == who.user_id:
        services.forget(uow, user_id=who.user_id, place=found.place)


def forget_place(uow: UnitOfWork, place: str) -> None:
    """The same, of a form that several parts of a page share."""
    who = auth.person()
    if who is not None:
        services.forget(uow, user_id=who.user_id, place=place)


def rescue() -> ResponseReturnValue | None:
    """A form that was sent after its session had ended: kept for who opened it, and shown again after signing in.
    None: it is no such form, or another account is signed in, for whom nothing is kept."""
    found, who = read(request.form.get("opened", "")), auth.person()
    if found is None or (who is not None and who.user_id != found.user_id):
        return None
    try:
        with unit_of_work() as uow:
            services.keep(uow, user_id=found.user_id, place=found.place, fields=_fields())
    except Refused:
        return None
    return redirect(url_for("auth.login", next=found.back) if who is None else found.back, code=303)


@bp.post("")
@csrf.exempt  # the mark is the proof: signed by us, and given to this person's page alone
def keep() -> ResponseReturnValue:
    """Two seconds after the last key. Says why not, so that the page can tell it and try again."""
    found, who = read(request.form.get("opened", "")), auth.person()
    if found is None:
        return _no(Refused(OVER, code="page-too-old"), status=400)
    if who is None:
        return jsonify(error="signed-out", words=gettext("You are signed out.")), 401
    if who.user_id != found.user_id:
        return _no(Forbidden(OTHER_ACCOUNT, code="other-account"), status=403)
    for beginning, closed in _GUARDS.items():
        error = closed(found.place) if found.place.startswith(beginning) else None
        if error is not None:
            return _no(error, status=409)
    try:
        with unit_of_work() as uow:
            row = services.keep(uow, user_id=who.user_id, place=found.place, fields=_fields())
            at = row.kept_at
    except Refused as error:
        return _no(error, status=422)
    return jsonify(at=hour(at))


@bp.post("/discard")
@auth.signed_in
def discard() -> ResponseReturnValue:
    """Show the form as it is saved."""
    found, who = read(request.form.get("opened", "")), auth.person()
    if found is None or who is None or found.user_id != who.user_id:
        return redirect("/")
    with unit_of_work() as uow:
        services.forget(uow, user_id=who.user_id, place=found.place)
    return redirect(found.back)


def _restore(form: Kept, *, place: str) -> None:
    """What was kept goes into the form, unless it is what stands there anyway or was sent meanwhile."""
    row = own().get(place)
    if row is None or _was_sent(row.fields):
        return
    before, hidden = _typed(form), {f.name: f.data for f in form if isinstance(f, HiddenField)}
    form.process(MultiDict([(name, value) for name, values in row.fields.items() for value in values]))
    if _typed(form) == before:
        for name, value in hidden.items():
            form[name].data = value
    else:
        form.kept_since = moment(row.kept_at)


def own() -> dict[str, FormDraft]:
    """Place → what the person in sight typed there and did not save; read once for a page."""
    who = auth.person()
    if "drafts" not in g:
        rows = db.session.scalars(queries.of_person(who.user_id, now=clock.now())) if who else ()
        g.drafts = {row.place: row for row in rows}
    found: dict[str, FormDraft] = g.drafts
    return found


def _was_sent(fields: dict[str, Any]) -> bool:
    key = "".join(fields.get("act_key", ()))
    return bool(key) and db.session.scalar(queries.is_sent(key)) is not None


def _typed(form: Kept) -> dict[str, Any]:
    return {
        field.name: (sorted(field.data) if isinstance(field.data, list) else field.data) or None
        for field in form if not isinstance(field, HiddenField | FileField | MultipleFileField)
    }


def _fields() -> dict[str, list[str]]:
    return {name: request.form.getlist(name) for name in request.form}


def _no(error: DomainError, *, status: int) -> ResponseReturnValue:
    return jsonify(error=error.code, words=words(error)), status


def _signer() -> URLSafeTimedSerializer:
    return URLSafeTimedSerializer(str(current_app.secret_key), salt="form-draft")
