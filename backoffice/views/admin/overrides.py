"""Hide, show and clear as pages of their own: GET says what will happen, POST does it (DOMAIN §5)."""

from collections.abc import Callable
from typing import Any

from flask import flash, redirect, request
from flask_babel import gettext as _

from backoffice.domain.errors import DomainError
from backoffice.domain.visibility import BasisKind, Subject
from backoffice.forms.base import Form
from backoffice.forms.overrides import ClearForm, HideForm, ShowForm
from backoffice.services import overrides
from backoffice.services.uow import UnitOfWork, unit_of_work
from backoffice.views.admin.base import Guarded
from backoffice.views.messages import refuse, words


class OverridePages(Guarded):
    """Mixed into the views whose rows can be hidden. `override_page` is called with the view's own row."""

    override_template = "admin/overrides/confirm.html"

    def override_page(
        self,
        *,
        form: Form,
        button: str,
        heading: str,
        effects: list[str],
        back: str,
        act: Callable[[UnitOfWork], object],
        done: str,
        refused: Callable[[], object] = lambda: None,
        title: str = "",
    ) -> Any:
        """The one flow of all these pages; a refusal stands beside its field, what was typed is kept. `refused` brings
        the form up to date before it is shown again."""
        if form.validate_on_submit():
            try:
                with unit_of_work() as uow:
                    act(uow)
            except DomainError as error:
                if error.field is None:
                    flash(words(error), "error")
                    return redirect(back)
                refuse(form, error)
                refused()
            else:
                flash(done, "success")
                return redirect(back)
        page = self.render(
            self.override_template, form=form, button=button, heading=heading, effects=effects, back=back,
            title=title or button,
        )
        return (page, 422) if form.errors else page

    def hide_page(self, *, subject: Subject, subject_id: int, heading: str, effects: list[str], back: str) -> Any:
        form = HideForm()
        return self.override_page(
            form=form, button=_("Hide"), heading=heading, effects=effects, back=back, done=_("Hidden."),
            act=lambda uow: overrides.hide(
                uow, actor=self.actor, subject=subject, subject_id=subject_id, reason=form.reason.data or ""
            ),
        )

    def show_page(self, *, contact_id: int, heading: str, effects: list[str], back: str) -> Any:
        form = ShowForm()
        chosen = str(form.basis_kind.data or "")
        return self.override_page(
            form=form, button=_("Show"), heading=heading, effects=effects, back=back, done=_("Shown."),
            act=lambda uow: overrides.show_contact(
                uow, actor=self.actor, contact_id=contact_id, reason=form.reason.data or "",
                basis_kind=BasisKind(chosen) if chosen in set(BasisKind) else None, basis=form.basis.data or "",
            ),
        )

    def clear_page(self, *, override_id: int, heading: str, effects: list[str], back: str) -> Any:
        return self.override_page(
            form=ClearForm(), button=_("Clear override"), heading=heading, effects=effects, back=back,
            done=_("The override was cleared; the coordinator's choice holds again."),
            act=lambda uow: overrides.clear(uow, actor=self.actor, override_id=override_id),
        )


def back_to(default: str) -> str:
    """To the page that the button was pressed on, when it is one of ours."""
    asked = request.args.get("back", "")
    return asked if asked.startswith("/admin/") else default


