"""Ask to reopen: what was sent or approved has to change, and only the agency can open it (DOMAIN §3)."""

from flask import flash
from flask.typing import ResponseReturnValue
from flask_babel import gettext

from backoffice import auth
from backoffice.db import db
from backoffice.domain.errors import Refused
from backoffice.domain.permissions import Permission
from backoffice.forms.coordinator import ReopenForm
from backoffice.models import Project
from backoffice.queries import reopening as queries
from backoffice.services import reopening as services
from backoffice.services.uow import unit_of_work
from backoffice.views import drafts
from backoffice.views.coordinator import base, helpers
from backoffice.views.coordinator.base import bp
from backoffice.views.messages import refuse


@bp.route("/<code>/reopen", methods=["GET", "POST"])
@auth.own(Permission.OWN_REOPEN)
def reopen(code: str) -> ResponseReturnValue:
    """One request at a time; where nothing can be asked, the page of the project says why."""
    project = base.load(code)
    there = base.address("project", project)
    form = base.opened(ReopenForm())
    if base.is_look():
        return _page(project, form) if may_ask(project) else base.go(there)
    if not base.fits(form):
        return _page(project, form, status=422)
    try:
        with unit_of_work() as uow:
            services.ask(
                uow, actor=base.actor(), project_id=project.id, reason=form.reason.data or "",
                subject=gettext("Asked to reopen: %(title)s", title=project.title)[:250],
                act_key=form.act_key.data or "",
            )
            drafts.forget(uow, form)
    except Refused as error:
        project = base.load(code)
        if error.field is None:
            return base.kept(error, back=there)
        refuse(form, error)
        return _page(project, form, status=422)
    flash(gettext("The agency has your request. You get an answer by mail either way."), "good")
    return base.go(there)


def may_ask(project: Project) -> bool:
    """Something was sent, nothing of it is open, and no request waits."""
    return project.status in services.MAY_ASK and db.session.scalar(queries.waiting(project.id)) is None


def _page(project: Project, form: ReopenForm, *, status: int = 200) -> ResponseReturnValue:
    return base.page(
        "reopen", status=status, project=project, form=form, specialist=helpers.specialist(project),
        helpdesk=helpers.helpdesk(project.agency),
    )
