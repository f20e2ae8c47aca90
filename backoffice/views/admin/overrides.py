"""Hide, show and clear what coordinators chose to publish, each with its confirm page (DOMAIN §5)."""

from typing import Any

from flask_babel import gettext as _

from backoffice.domain.visibility import BasisKind, Subject
from backoffice.forms.overrides import ClearForm, HideForm, ShowForm
from backoffice.services import overrides
from backoffice.views.admin.confirming import ConfirmPages


class OverridePages(ConfirmPages):
    """Mixed into the views whose rows can be hidden."""

    def hide_page(self, *, subject: Subject, subject_id: int, heading: str, effects: list[str], back: str) -> Any:
        form = HideForm()
        return self.confirm_page(
            form=form, button=_("Hide"), heading=heading, effects=effects, back=back, done=_("Hidden."),
            act=lambda uow: overrides.hide(
                uow, actor=self.actor, subject=subject, subject_id=subject_id, reason=form.reason.data or ""
            ),
        )

    def show_page(self, *, contact_id: int, heading: str, effects: list[str], back: str) -> Any:
        form = ShowForm()
        chosen = str(form.basis_kind.data or "")
        return self.confirm_page(
            form=form, button=_("Show"), heading=heading, effects=effects, back=back, done=_("Shown."),
            act=lambda uow: overrides.show_contact(
                uow, actor=self.actor, contact_id=contact_id, reason=form.reason.data or "",
                basis_kind=BasisKind(chosen) if chosen in set(BasisKind) else None, basis=form.basis.data or "",
            ),
        )

    def clear_page(self, *, override_id: int, heading: str, effects: list[str], back: str) -> Any:
        return self.confirm_page(
            form=ClearForm(), button=_("Clear override"), heading=heading, effects=effects, back=back,
            done=_("The override was cleared; the coordinator's choice holds again."),
            act=lambda uow: overrides.clear(uow, actor=self.actor, override_id=override_id),
        )
