"""The answer to a question of the agency that is no return: beside the question, on the page of the project."""

from flask import flash
from flask.typing import ResponseReturnValue
from flask_babel import gettext

from backoffice import auth
from backoffice.domain.errors import NotFound, Refused
from backoffice.domain.permissions import Permission
from backoffice.forms.coordinator import QuestionForm
from backoffice.services import questions as services
from backoffice.services.uow import unit_of_work
from backoffice.views import drafts
from backoffice.views.coordinator import base, projects
from backoffice.views.coordinator.base import bp
from backoffice.views.messages import refuse


@bp.route("/<code>/questions/<int:ticket_id>", methods=["GET", "POST"])
@auth.own(Permission.OWN_READ)
def answer_question(code: str, ticket_id: int) -> ResponseReturnValue:
    """Anybody with access answers; also a further message, as long as the ticket goes on."""
    project = base.load(code)
    there = base.address("project", project, _anchor="question")
    if base.is_look():
        return base.go(there)
    form = QuestionForm()
    base.opened(form)
    if not base.fits(form):
        return projects.show(project, status=422, question=(ticket_id, form))
    try:
        with unit_of_work() as uow:
            services.answer(
                uow, actor=base.actor(), project_id=project.id, ticket_id=ticket_id, words=form.answer.data or "",
                act_key=form.act_key.data or "",
            )
            drafts.forget(uow, form)
    except (NotFound, Refused) as error:
        project = base.load(code)
        if error.field is None:
            return base.kept(error, back=base.address("project", project))
        refuse(form, error)
        return projects.show(project, status=422, question=(ticket_id, form))
    flash(gettext("The agency has your answer, and the review goes on."), "good")
    return base.go(there)
