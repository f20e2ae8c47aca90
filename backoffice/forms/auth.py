"""Forms of sign-in: shape only."""

from flask_babel import lazy_gettext as _l
from wtforms import BooleanField, EmailField, HiddenField, PasswordField, StringField
from wtforms.validators import InputRequired, Length

from backoffice.domain.signin import PASSWORD_MAX
from backoffice.forms.base import Form

EMAIL_MAX = 254


class SignInForm(Form):
    email = EmailField(
        _l("Email"), validators=[InputRequired(), Length(max=EMAIL_MAX)],
        render_kw={"autocomplete": "username", "autocapitalize": "none", "spellcheck": "false"},
    )
    password = PasswordField(
        _l("Password"), validators=[InputRequired(), Length(max=PASSWORD_MAX)],
        render_kw={"autocomplete": "current-password"},
    )
    next = HiddenField()


class ForgotForm(Form):
    email = EmailField(
        _l("Email"), validators=[InputRequired(), Length(max=EMAIL_MAX)],
        render_kw={"autocomplete": "username", "autocapitalize": "none", "spellcheck": "false"},
    )


class NewPasswordForm(Form):
    """One field: what is mistyped is set anew by the same mail way, and a repeated field catches no pasted one."""

    password = PasswordField(
        _l("Password"), validators=[InputRequired()], render_kw={"autocomplete": "new-password"}
    )


class TermsForm(Form):
    is_accepted = BooleanField(_l("I have read the terms of use and accept them"), validators=[InputRequired()])


class CodeForm(Form):
    code = StringField(
        _l("Code"), validators=[InputRequired(), Length(max=40)],
        render_kw={
            "autocomplete": "one-time-code", "autocapitalize": "characters", "spellcheck": "false",
        },
    )
