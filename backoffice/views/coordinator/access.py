"""Who can sign in and work on the project: give access to a second person, end access (S3, DOMAIN §2)."""

from flask import flash
from flask.typing import ResponseReturnValue
from flask_babel import gettext

from backoffice import auth
from backoffice.db import db
from backoffice.domain.errors import NotFound, Refused
from backoffice.domain.permissions import Permission
from backoffice.forms.coordinator import AccessForm, Press
from backoffice.models import Project
from backoffice.queries import contacts as queries
from backoffice.services import access as services
from backoffice.services.uow import unit_of_work
from backoffice.views import drafts
from backoffice.views.coordinator import base, helpers, rows
from backoffice.views.coordinator.base import bp
from backoffice.views.messages import refuse, words


@bp.route("/<code>/access", methods=["GET", "POST"])
@auth.own(Permission.OWN_ACCESS)
def access(code: str) -> ResponseReturnValue:
    """Who has access; one more person gets it, and the mail with the way in, at once."""
    project = base.load(code)
    form = AccessForm()
    base.opened(form)
    if base.is_look():
        return _page(project, form)
    if not base.fits(form):
        return _page(project, form, status=422)
    had = {row.id for row in db.session.scalars(queries.active_accesses(project.id))}
    try:
        with unit_of_work() as uow:
            row = services.grant(
                uow, actor=base.actor(), project_id=project.id, email=form.email.data or "", name=form.name.data or ""
            )
            row_id, email = row.id, row.user.email
            drafts.forget(uow, form)
    except Refused as error:
        project = base.load(code)
        refuse(form, error)
        return _page(project, form, status=422)
    if row_id in had:
        flash(gettext("%(email)s has access already.", email=email), "info")
    else:
        flash(gettext("%(email)s has access now. A mail with the way in is on its way.", email=email), "good")
    return base.go(base.address("access", project))


@bp.route("/<code>/access/<int:access_id>/end", methods=["GET", "POST"])
@auth.own(Permission.OWN_ACCESS)
def end_access(code: str, access_id: int) -> ResponseReturnValue:
    """At once and everywhere; the last person cannot leave without naming another."""
    project = base.load(code)
    there = base.address("access", project)
    if base.is_look() or not Press().validate():
        return base.go(there)
    row = next((row for row in db.session.scalars(queries.active_accesses(project.id)) if row.id == access_id), None)
    if row is None:
        return base.go(there)  # a second press of the same button
    who = auth.person()
    email, is_own = row.user.email, who is not None and row.user_id == who.user_id
    try:
        with unit_of_work() as uow:
            services.end(uow, actor=base.actor(), access_id=access_id)
    except NotFound:
        return base.go(there)
    except Refused as error:
        form = AccessForm(formdata=None)
        base.opened(form)
        return _page(base.load(code), form, status=422, refusal=words(error), refusal_code=error.code)
    if is_own:
        flash(gettext("Your access to the project has ended."), "good")
        return base.go("/my/")
    flash(gettext("%(email)s has no access any more.", email=email), "good")
    return base.go(there)


@bp.route("/<code>/access/hand-over", methods=["GET", "POST"])
@auth.own(Permission.OWN_ACCESS)
def hand_over(code: str) -> ResponseReturnValue:
    """Give access to a successor and end the own one, in one page."""
    project = base.load(code)
    form = AccessForm()
    base.opened(form)
    if base.is_look() or not base.fits(form):
        return _hand_over_page(project, form, status=200 if base.is_look() else 422)
    try:
        with unit_of_work() as uow:
            row = services.hand_over(
                uow, actor=base.actor(), project_id=project.id, email=form.email.data or "", name=form.name.data or ""
            )
            email = row.user.email
            drafts.forget(uow, form)
    except Refused as error:
        refuse(form, error)
        return _hand_over_page(base.load(code), form, status=422)
    # Ending the own access ends the session too: the words stand on the page of the sign-in.
    flash(gettext("%(email)s goes on with the project; your access to it has ended.", email=email), "good")
    return base.go("/my/")


def _hand_over_page(project: Project, form: AccessForm, *, status: int) -> ResponseReturnValue:
    return base.page(
        "hand_over", status=status, project=project, form=form, specialist=helpers.specialist(project),
        helpdesk=helpers.helpdesk(project.agency),
    )


def _page(
    project: Project, form: AccessForm, *, status: int = 200, refusal: str = "", refusal_code: str = ""
) -> ResponseReturnValue:
    people = db.session.scalars(queries.active_accesses(project.id)).all()
    who = auth.person()
    return base.page(
        "access", status=status, project=project, form=form, people=people, press=rows.press(),
        own_id=who.user_id if who else None, refusal=refusal, refusal_code=refusal_code,
        specialist=helpers.specialist(project), helpdesk=helpers.helpdesk(project.agency),
    )
