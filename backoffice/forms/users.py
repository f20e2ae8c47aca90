"""Staff of the agency: create, and deactivate with an heir."""

from flask_babel import lazy_gettext as _l
from wtforms import DateField, EmailField, SelectField, StringField
from wtforms.validators import Optional

from backoffice.domain.permissions import ROLE_WORDS, Role
from backoffice.forms.base import StaffForm

AGENCY_ROLES = (Role.SPECIALIST, Role.HELPDESK, Role.AGENCY_ADMIN)


class NewUserForm(StaffForm):
    email = EmailField(_l("Email"))
    name = StringField(_l("Name"))
    role = SelectField(_l("Role"), choices=[(role.value, _l(ROLE_WORDS[role])) for role in AGENCY_ROLES])


class RoleForm(StaffForm):
    role = SelectField(_l("Role"), choices=[(role.value, _l(ROLE_WORDS[role])) for role in AGENCY_ROLES])


class AbsenceForm(StaffForm):
    absent_until = DateField(
        _l("Absent until"), validators=[Optional()],
        description=_l("The last day of the absence; empty: here."),
    )
    stand_in = SelectField(_l("Stand-in"), coerce=int, validate_choice=False, default=0)


class HeirForm(StaffForm):
    heir = SelectField(_l("Who takes over"), coerce=int, validate_choice=False, default=0)
