"""Staff of the agency: create, and deactivate with an heir."""

from flask_babel import lazy_gettext as _l
from wtforms import DateField, EmailField, SelectField, StringField
from wtforms.validators import Optional

from backoffice.domain.permissions import ROLE_WORDS, Role
from backoffice.forms.base import Form

AGENCY_ROLES = (Role.SPECIALIST, Role.HELPDESK, Role.AGENCY_ADMIN)


class NewUserForm(Form):
    email = EmailField(_l("Email"), render_kw={"autocomplete": "off"})
    name = StringField(_l("Name"), render_kw={"autocomplete": "off"})
    role = SelectField(_l("Role"), choices=[(role.value, _l(ROLE_WORDS[role])) for role in AGENCY_ROLES])


class RoleForm(Form):
    role = SelectField(_l("Role"), choices=[(role.value, _l(ROLE_WORDS[role])) for role in AGENCY_ROLES])


class AbsenceForm(Form):
    absent_until = DateField(
        _l("Absent until"), validators=[Optional()], render_kw={"autocomplete": "off"},
        description=_l("The last day of the absence; empty: here."),
    )
    stand_in = SelectField(_l("Stand-in"), coerce=int, validate_choice=False, default=0)


class HeirForm(Form):
    heir = SelectField(_l("Who takes over"), coerce=int, validate_choice=False, default=0)
