"""What differs by agency, and the texts that it words itself."""

from flask_babel import lazy_gettext as _l
from wtforms import DateField, EmailField, IntegerField, RadioField, StringField, TextAreaField
from wtforms.validators import InputRequired
from wtforms.widgets import HiddenInput

from backoffice.domain.notices import ANCHOR_WORDS, DATED, MAIL_WORDS
from backoffice.domain.projects import PublicationRule
from backoffice.domain.retention import RULES, Kept
from backoffice.forms.base import StaffForm


class SettingsForm(StaffForm):
    name = StringField(_l("Name in English"))
    name_lv = StringField(_l("Name in Latvian"))
    phone = StringField(_l("Phone"), description=_l("Stands where no specialist is responsible."))
    legal_clause = StringField(
        _l("Clause of the grant agreement"),
        description=_l("Named on the coordinator's page and in the access mail and invitation."),
    )
    helpdesk_address = EmailField(
        _l("Address of the helpdesk"),
        description=_l("Stands on every coordinator's page and in every mail; answers to mails go there."),
    )
    review_address = EmailField(
        _l("Address for reviews"), description=_l("Told of a submission when no specialist is responsible.")
    )
    sender_name = StringField(_l("Name of the sender"), description=_l("What people see as the sender of our mails."))
    notices_from = DateField(
        _l("Send dated mails from"), validators=[InputRequired()],
        description=_l("A mail that was due before this day is not sent, so a first import mails nobody of the past."),
    )
    run_limit = IntegerField(
        _l("Mails of one run at most"), validators=[InputRequired()],
        description=_l("A run with more mails is held until an admin releases it."),
    )
    (
        days_access, days_ending_soon, days_invitation, days_reminder, days_last_reminder, days_overdue,
        days_additions_reminder, days_additions_overdue,
    ) = (
        IntegerField(
            _l(MAIL_WORDS[mail]), validators=[InputRequired()], description=_l(ANCHOR_WORDS[dated.anchor])
        )
        for mail, dated in DATED.items()
    )
    extra_holidays = TextAreaField(
        _l("Days off of your own"),
        description=_l(
            "One date a line, as 2026-12-24. Public holidays count by themselves. No dated mail leaves on these days, "
            "and they are no working days."
        ),
    )
    due_days = IntegerField(
        _l("Days to answer a return"), validators=[InputRequired()],
        description=_l("From 1 to 90; each return can name another day."),
    )
    publication_rule = RadioField(
        _l("Results become public"),
        choices=[
            (PublicationRule.ON_APPROVAL.value, _l("when the results are approved")),
            (PublicationRule.ON_REPORT_APPROVAL.value, _l("when the final report is approved, too")),
        ],
        description=_l("Takes effect at once, also for results that were approved before."),
    )
    keep_sign_ins, keep_mails, keep_lost_mails, keep_tickets, keep_people = (
        IntegerField(_l(RULES[kept].label), validators=[InputRequired()], description=_l(RULES[kept].effect))
        for kept in Kept
    )


class MailTextForm(StaffForm):
    version = IntegerField(widget=HiddenInput(), validators=[InputRequired()])
    subject_lv = StringField(_l("Subject in Latvian"))
    body_lv = TextAreaField(_l("Text in Latvian"))
    subject_en = StringField(_l("Subject in English"))
    body_en = TextAreaField(_l("Text in English"))


class TextForm(StaffForm):
    version = IntegerField(widget=HiddenInput(), validators=[InputRequired()])
    subject_lv = StringField(_l("Title in Latvian"))
    body_lv = TextAreaField(_l("Text in Latvian"))
    subject_en = StringField(_l("Title in English"))
    body_en = TextAreaField(_l("Text in English"))
