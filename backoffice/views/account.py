"""`/account/`: language, sessions, and everything that is kept about the person, to be taken along (DOMAIN §10)."""

import io
import json
import zipfile
from collections.abc import Iterator

from flask import Blueprint, Response, abort, flash, redirect, render_template, session, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext

from backoffice import auth
from backoffice.db import db
from backoffice.domain import clock, second_factor
from backoffice.domain.files import NEVER_SERVED
from backoffice.forms.account import LanguageForm
from backoffice.forms.base import Form
from backoffice.models import User
from backoffice.queries import own_data
from backoffice.services import users
from backoffice.services.uow import unit_of_work
from backoffice.views import language, serving

bp = Blueprint("account", __name__, url_prefix="/account")


@bp.route("/", methods=("GET", "POST"))
@auth.signed_in
def index() -> ResponseReturnValue:
    """Who is signed in, in which language, and what can be done about it."""
    user = _own()
    form = LanguageForm(data={"language": user.language or ""})
    if form.validate_on_submit():
        with unit_of_work() as uow:
            users.set_language(uow, user_id=user.id, language=form.language.data or "")
        session.pop(language.COOKIE, None)  # the choice of this page is the later one
        flash(gettext("Saved."), "good")
        return redirect(url_for(".index"))
    page = render_template(
        "account/account.html", form=form, user=user,
        asks_factor=second_factor.is_asked(is_staff=user.role is not None, is_demo=user.is_demo),
    )
    return page, 422 if form.errors else 200


@bp.post("/sessions/end")
@auth.signed_in
def end_sessions() -> ResponseReturnValue:
    """Signed out everywhere, here too; whoever has the account open elsewhere is out with the next click."""
    user_id = _own().id
    if Form().validate():
        with unit_of_work() as uow:
            users.end_sessions(uow, user_id=user_id)
        auth.sign_out()
        flash(gettext("You are signed out everywhere."), "good")
    return redirect(url_for("auth.login"))


@bp.get("/data.json")
@auth.signed_in
def data_json() -> ResponseReturnValue:
    return _download(_json(_own()), name="own-data.json", kind="application/json")


@bp.get("/data.zip")
@auth.signed_in
def data_zip() -> ResponseReturnValue:
    """The same with the files that the person sent to the helpdesk."""
    user = _own()
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as bundle:
        bundle.writestr("own-data.json", _json(user))
        for name, key in _files(user):
            with bundle.open(name, "w") as entry:
                for piece in serving.store().stream(key):
                    entry.write(piece)
    return _download(target.getvalue(), name="own-data.zip", kind="application/zip")


def _own() -> User:
    who = auth.person() or abort(404)
    return db.session.get(User, who.user_id) or abort(404)


def _json(user: User) -> bytes:
    data = {"made_at": clock.now().isoformat(), **own_data.of_person(db.session(), user)}
    return json.dumps(data, ensure_ascii=False, indent=1).encode()


def _files(user: User) -> Iterator[tuple[str, str]]:
    """Numbered, so that two of one name have room; what is infected or unchecked stays out."""
    for row in own_data.files(db.session(), user):
        if row.check_state not in NEVER_SERVED:
            yield f"files/{row.id}-{row.name.replace('/', '_')}", row.storage_key


def _download(content: bytes, *, name: str, kind: str) -> Response:
    return Response(content, mimetype=kind, headers={
        "Content-Disposition": f'attachment; filename="{name}"', "Cache-Control": "no-store",
    })
