"""Notes for colleagues on a review, never shown outside the agency (DOMAIN §3)."""

import secrets
from typing import Any

from flask import flash, redirect
from flask_admin import expose
from flask_babel import gettext as _

from backoffice.domain.errors import Refused
from backoffice.forms.reviews import NoteForm
from backoffice.models import Project
from backoffice.services import notes
from backoffice.services.uow import unit_of_work
from backoffice.views import drafts
from backoffice.views.admin.base import Guarded
from backoffice.views.messages import refuse


class NotePages(Guarded):
    """Mixed into the review's view."""

    def _one(self, code: str) -> Project:
        raise NotImplementedError

    def _page(self, project: Project, *, note: NoteForm | None = None) -> Any:
        raise NotImplementedError

    @expose("/<code>/note", methods=("POST",))
    def note_view(self, code: str) -> Any:
        project, form = self._one(code), NoteForm()
        try:
            with unit_of_work() as uow:
                notes.write(
                    uow, actor=self.actor, project_id=project.id, words=form.note.data or "",
                    act_key=form.act_key.data or "",
                )
                drafts.forget(uow, form)
        except Refused as error:
            refuse(form, error)
            return self._page(self._one(code), note=form), 422
        flash(_("The note is there for your colleagues."), "success")
        return redirect(self.get_url(".page_view", code=code, _anchor="notes"))

    def _note_form(self, code: str) -> NoteForm:
        form = NoteForm(formdata=None)
        form.act_key.data = secrets.token_urlsafe(16)
        back = self.get_url(".page_view", code=code, _anchor="notes")
        drafts.opened(form, place=self.get_url(".note_view", code=code), back=back)
        return form
