"""The page that says what an act will do: GET tells it, POST does it (DOMAIN §5)."""

from collections.abc import Callable
from typing import Any

from flask import flash, redirect, request

from backoffice.domain.errors import DomainError
from backoffice.forms.base import Form
from backoffice.services.uow import UnitOfWork, unit_of_work
from backoffice.views.admin.base import Guarded
from backoffice.views.messages import refuse, words


class ConfirmPages(Guarded):
    """Mixed into the views whose acts are confirmed on a page of their own."""

    confirm_template = "admin/confirm.html"

    def confirm_page(
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
            self.confirm_template, form=form, button=button, heading=heading, effects=effects, back=back,
            title=title or button,
        )
        return (page, 422) if form.errors else page


def back_to(default: str) -> str:
    """To the page that the button was pressed on, when it is one of ours."""
    asked = request.args.get("back", "")
    return asked if asked.startswith("/admin/") else default


