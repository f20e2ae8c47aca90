"""Agencies and their admins, for the platform admin."""

from flask_babel import lazy_gettext as _l
from wtforms import EmailField, RadioField, StringField

from backoffice.forms.base import StaffForm


class AgencyForm(StaffForm):
    code = StringField(_l("Code"), description=_l("As in project codes, for instance LV01."))
    name = StringField(_l("Name in English"))
    name_lv = StringField(_l("Name in Latvian"))
    time_zone = StringField(
        _l("Time zone"), default="Europe/Riga", description=_l("Its midnight opens and closes days.")
    )
    language = RadioField(
        _l("Language"), choices=[("lv", _l("Latvian")), ("en", _l("English"))], default="lv",
        description=_l("Of mails to people who have chosen none."),
    )


class AgencyAdminForm(StaffForm):
    email = EmailField(_l("Email"))
    name = StringField(_l("Name"))
