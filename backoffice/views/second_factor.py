"""The second factor of local accounts of staff: asked for after the password, set up at the first sign-in."""

import segno
from flask import Blueprint, flash, redirect, render_template, request, session, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext, ngettext

from backoffice.domain import clock, second_factor, signin
from backoffice.domain.errors import Refused
from backoffice.domain.signin import Paused
from backoffice.forms.auth import CodeForm
from backoffice.forms.base import Form
from backoffice.services import second_factor as service
from backoffice.services import signin as signin_service
from backoffice.services.uow import unit_of_work
from backoffice.views import entering, frame
from backoffice.views.entering import Way
from backoffice.views.messages import refuse

bp = Blueprint("factor", __name__, url_prefix="/login")
SECRET = "new-factor"  # noqa: S105 - where the session keeps a secret until its first code was right
NO_STORE = {"Cache-Control": "no-store"}


@bp.route("/code", methods=("GET", "POST"))
def code() -> ResponseReturnValue:
    """The code of the phone, or a recovery code; tries are limited as those of passwords are."""
    way = entering.under_way(is_proved=False)
    if way is None or way.user.totp_secret is None:
        return _begin_anew()
    form = CodeForm()
    if not form.validate_on_submit():
        return render_template("auth/code.html", form=form), 400 if form.errors else 200, NO_STORE
    try:
        left = _checked(way, form.code.data or "")
    except Paused as pause:
        refuse(form, pause)
        return render_template("auth/code.html", form=form), 429, {**NO_STORE, "Retry-After": str(pause.seconds)}
    if left is None:
        refuse(form, Refused(service.WRONG, field="code", code="code-wrong"))
        return render_template("auth/code.html", form=form), 401, NO_STORE
    answer = entering.go_on(way)
    if 0 <= left <= second_factor.RECOVERY_FEW:
        flash(ngettext(
            "%(num)s recovery code is left. Ask an admin to reset your sign-in and set the second factor up anew.",
            "%(num)s recovery codes are left. Ask an admin to reset your sign-in and set the second factor up anew.",
            left,
        ), "info")
    return answer


@bp.route("/second-factor", methods=("GET", "POST"))
def enrol() -> ResponseReturnValue:
    """Set it up: a QR code that is drawn here, the same secret to type, and the first code to prove it."""
    way = entering.under_way(is_proved=False)
    if way is None or way.user.totp_secret is not None:
        return _begin_anew()
    secret = session.setdefault(SECRET, second_factor.new_secret())
    form = CodeForm()
    if form.validate_on_submit():
        try:
            with unit_of_work() as uow:
                codes = service.enrol(
                    uow, user_id=way.user.id, secret=secret, code=form.code.data or "", at=clock.machine_now()
                )
        except Refused as error:
            refuse(form, error)
        else:
            session.pop(SECRET)
            entering.prove()
            return render_template("auth/recovery.html", form=Form(formdata=None), codes=codes), 200, NO_STORE
    agency = frame.agency()
    uri = second_factor.uri(secret, email=way.user.email, issuer=gettext("Project results"))
    picture = segno.make(uri, error="m").svg_data_uri(scale=5, border=3, dark="#000", light="#fff")
    return render_template(
        "auth/enrol.html", form=form, picture=picture, secret=second_factor.grouped(secret), email=way.user.email,
        agency=agency,
    ), 400 if form.errors else 200, NO_STORE


@bp.post("/second-factor/done")
def done() -> ResponseReturnValue:
    """The recovery codes are put away."""
    way = entering.under_way(is_proved=True)
    return _begin_anew() if way is None else entering.go_on(way)


def _checked(way: Way, typed: str) -> int | None:
    """The try is written before it is looked at, as for a password, so that tries side by side count."""
    with unit_of_work() as uow:
        attempt_id = signin_service.begin_sign_in(
            uow, email=way.user.email, network=signin.network_of(request.remote_addr)
        )
    with unit_of_work() as uow:
        return service.check(
            uow, user_id=way.user.id, attempt_id=attempt_id, code=typed, at=clock.machine_now()
        )


def _begin_anew() -> ResponseReturnValue:
    return redirect(url_for("auth.login", next=entering.target_of_late() or None))
