"""Words to the coordinator that decide nothing about the results: a question, or a no to who asked to reopen."""

import secrets
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from flask import current_app, flash, redirect, request
from flask_admin import expose
from flask_babel import gettext as _

from backoffice import auth
from backoffice.config import Settings
from backoffice.db import db
from backoffice.domain import clock
from backoffice.domain.errors import Forbidden, NotFound, Refused
from backoffice.domain.projects import Status
from backoffice.forms.reviews import AskForm, DeclineForm
from backoffice.mail import preview
from backoffice.mail.render import Message
from backoffice.models import Project
from backoffice.queries import reopening as reopening_queries
from backoffice.services import people, questions, reopening
from backoffice.services.outbox import Recipient
from backoffice.services.uow import UnitOfWork, unit_of_work
from backoffice.views import drafts
from backoffice.views.admin import review_effects
from backoffice.views.admin.base import Guarded
from backoffice.views.admin.review_effects import Effects
from backoffice.views.messages import refuse


@dataclass(frozen=True, slots=True, kw_only=True)
class _Letter:
    """One of the pages: its words, what is answered, and what its button does."""

    button: str
    icon: str
    about: tuple[str, str]  # a heading, and a text that is answered; empty: nothing is
    effects: Effects
    receivers: list[Recipient]
    run: Callable[[UnitOfWork], object]
    mail: Callable[[Recipient], Message]
    done: str


class LetterPages(Guarded):
    """Mixed into the review's view."""

    def _one(self, code: str) -> Project:
        raise NotImplementedError

    @expose("/<code>/decline", methods=("GET", "POST"))
    def decline_view(self, code: str) -> Any:
        """Say no to a coordinator who asked to reopen, in words."""
        project, form = self._one(code), DeclineForm()
        row = db.session.scalar(reopening_queries.waiting(project.id))
        if row is None and request.method == "GET":
            return redirect(self.get_url(".page_view", code=code))
        receivers = people.coordinators(db.session(), project=project)
        if request.method == "GET" and row is not None:
            form.request_id.data = row.id
        reason = row.reason if row else ""
        return self._write(project, form, _Letter(
            button=_("Decline"), icon="x", about=(_("What the coordinator asks"), reason), receivers=receivers,
            effects=review_effects.decline(mails=len(receivers)), done=_("Declined. The mail leaves in a minute."),
            run=lambda uow: reopening.decline(
                uow, actor=self.actor, project_id=project.id, request_id=form.request_id.data or 0,
                answer=form.answer.data or "",
            ),
            mail=lambda to: preview.reopen_declined(
                db.session(), settings=self._settings(), now=clock.now(), project=project, to=to, reason=reason,
                answer=form.answer.data or "",
            ),
        ))

    @expose("/<code>/ask", methods=("GET", "POST"))
    def ask_view(self, code: str) -> Any:
        """Ask the coordinator: the status does not move, the answer brings the review to the front."""
        project, form = self._one(code), AskForm()
        receivers = people.coordinators(db.session(), project=project)
        if request.method == "GET":
            if project.status is not Status.UNDER_REVIEW:
                return redirect(self.get_url(".page_view", code=code))
            form.act_key.data = secrets.token_urlsafe(16)
        asked_by = auth.person()
        return self._write(project, form, _Letter(
            button=_("Ask the coordinator"), icon="chat", about=("", ""), receivers=receivers,
            effects=review_effects.ask(mails=len(receivers)), done=_("The question is on its way."),
            run=lambda uow: questions.ask(
                uow, actor=self.actor, project_id=project.id, question=form.question.data or "",
                subject=_("Question about the results: %(title)s", title=project.title)[:250],
                act_key=form.act_key.data or "",
            ),
            mail=lambda to: preview.question(
                db.session(), settings=self._settings(), now=clock.now(), project=project, to=to,
                asked_by=(asked_by.name or asked_by.email) if asked_by else "", text=form.question.data or "",
            ),
        ))

    @expose("/<code>/settle", methods=("POST",))
    def settle_view(self, code: str) -> Any:
        """The answer is not needed any more, or was read: the review has its plain place in the queue again."""
        project = self._one(code)
        with unit_of_work() as uow:
            questions.settle(uow, actor=self.actor, project_id=project.id)
        flash(_("The review stands in the queue by its age again."), "success")
        return redirect(self.get_url(".page_view", code=code))

    def _write(self, project: Project, form: DeclineForm | AskForm, letter: _Letter) -> Any:
        """The one flow: GET shows the mail as it will go, POST sends it; what was typed is kept."""
        drafts.opened(form)
        back, status, refused = self.get_url(".page_view", code=project.code), 200, None
        if request.method == "POST" and "preview" not in request.form:
            if not form.validate():
                status = 422
            else:
                try:
                    with unit_of_work() as uow:
                        letter.run(uow)
                        drafts.forget(uow, form)
                except (Forbidden, NotFound):
                    raise
                except Refused as error:
                    status = 422 if error.field else 409
                    if error.field:
                        refuse(form, error)
                    refused = None if error.field else error
                else:
                    flash(letter.done, "success")
                    return redirect(back)
        first = {person.language: person for person in reversed(letter.receivers)}
        page = self.render(
            "admin/review/letter.html", form=form, letter=letter, button=letter.button, heading=project.title,
            back=back, back_label=_("Back to the review"), error_title=_("Nothing was sent yet"), project=project,
            refused=refused, receivers=letter.receivers,
            mails=[letter.mail(person) for person in letter.receivers if first[person.language] is person],
        )
        return page, status

    def _settings(self) -> Settings:
        settings: Settings = current_app.config["SETTINGS"]
        return settings
