"""Hide, show and clear: the reason, and the basis on which a person is shown."""

from flask_babel import lazy_gettext as _l
from wtforms import RadioField, StringField, TextAreaField

from backoffice.domain.visibility import BasisKind
from backoffice.forms.base import StaffForm


class HideForm(StaffForm):
    reason = TextAreaField(_l("Reason"))


class ShowForm(StaffForm):
    basis_kind = RadioField(
        _l("On what ground"),
        choices=[(BasisKind.TICKET.value, _l("A ticket")), (BasisKind.CONSENT.value, _l("A written consent"))],
        default=BasisKind.TICKET.value,
        validate_choice=False,
    )
    basis = StringField(
        _l("Basis"), description=_l("The number of the ticket, or the date of the consent as 2026-11-25.")
    )
    reason = TextAreaField(_l("Reason"), description=_l("Kept with your name and the date."))


class ClearForm(StaffForm):
    """Nothing but the press itself."""
