"""Undo: the bar with the seconds left stands on the queue and on the review page; its button acts (look §6)."""

from typing import Any

from flask import flash, redirect, request
from flask_admin import expose
from flask_babel import gettext as _

from backoffice.domain.errors import Refused
from backoffice.forms.reviews import UndoForm
from backoffice.models import Project
from backoffice.services import undo
from backoffice.services.uow import unit_of_work
from backoffice.views.admin.base import Guarded


class UndoPages(Guarded):
    """Mixed into the review's view."""

    def _one(self, code: str) -> Project:
        raise NotImplementedError

    def _page(self, project: Project, *, refused: Refused | None = None) -> Any:
        raise NotImplementedError

    @expose("/<code>/undo", methods=("GET", "POST"))
    def undo_view(self, code: str) -> Any:
        """Takes what the button sends; who only looks is led to the page where the button is, if it still is."""
        project = self._one(code)
        there = redirect(self.get_url(".page_view", code=code))
        form = UndoForm()
        if request.method == "GET" or not form.validate():
            return there
        try:
            with unit_of_work() as uow:
                undo.undo(uow, actor=self.actor, project_id=project.id, decision_id=form.decision.data or 0)
        except Refused as error:
            return self._page(self._one(code), refused=error), 409
        flash(_("Undone. Nobody was mailed, and everything is as it was before."), "success")
        return there
