"""What differs by agency, and the texts that it words itself: for the agency's admin."""

from typing import Any

from flask import abort, flash, redirect, request
from flask_admin import expose
from flask_babel import gettext as _

from backoffice.db import db
from backoffice.domain import retention
from backoffice.domain.errors import N_, DomainError
from backoffice.domain.notices import DATED
from backoffice.domain.permissions import Permission
from backoffice.domain.projects import PublicationRule
from backoffice.domain.retention import Kept
from backoffice.forms.settings import SettingsForm, TextForm
from backoffice.models import Agency
from backoffice.queries import texts as text_queries
from backoffice.services import settings, texts
from backoffice.services.settings import AgencySettings, days_field
from backoffice.services.texts import Wording
from backoffice.services.uow import unit_of_work
from backoffice.views.admin.base import Guarded
from backoffice.views.admin.canned import CannedPages
from backoffice.views.admin.mail_texts import MailTextPages
from backoffice.views.messages import refuse

TEXT_WORDS = {
    "terms": N_("Terms of use"), "privacy": N_("Privacy"), "accessibility": N_("Accessibility"),
    "phrases-comment": N_("Comments on a result"), "phrases-return": N_("Reasons for a return"),
    "phrases-unlock": N_("Reasons for an unlock"),
}


class SettingsView(Guarded):
    permissions = {"index": Permission.SETTINGS_EDIT}

    @expose("/", methods=("GET", "POST"))
    def index(self) -> Any:
        """One form; the effect of each field stands beside it."""
        agency = db.session.get(Agency, self.actor.agency_id) or abort(404)
        form = SettingsForm(obj=agency, data={"publication_rule": agency.publication_rule.value})
        if request.method == "GET":
            form.publication_rule.data = agency.publication_rule.value
            for kept in Kept:
                form[f"keep_{kept.value}"].data = retention.days(kept, agency.keep_days)
            for mail, dated in DATED.items():
                form[days_field(mail)].data = agency.notice_days.get(mail.value, dated.days)
            form.extra_holidays.data = "\n".join(map(str, agency.extra_holidays))
        if form.validate_on_submit():
            try:
                with unit_of_work() as uow:
                    changed = settings.change(uow, actor=self.actor, values=_values(form))
            except DomainError as error:
                refuse(form, error)
            else:
                flash(_("Saved.") if changed else _("Nothing was different."), "success")
                return redirect(self.get_url(".index"))
        page = self.render("admin/settings/settings.html", form=form, agency=agency)
        return (page, 422) if form.errors else page


class TextView(CannedPages, MailTextPages):
    permissions = {
        "index": Permission.TEXT_EDIT,
        "edit_view": Permission.TEXT_EDIT,
        "mail_view": Permission.TEXT_EDIT,
        "new_reply_view": Permission.TEXT_EDIT,
        "reply_view": Permission.TEXT_EDIT,
        "delete_reply_view": Permission.TEXT_EDIT,
        "move_reply_view": Permission.TEXT_EDIT,
    }

    @expose("/")
    def index(self) -> Any:
        """The texts, and which version of each is in force."""
        rows = [
            (key, _(words), text_queries.version(db.session(), agency_id=self.actor.agency_id, key=key))
            for key, words in TEXT_WORDS.items()
        ]
        return self.render("admin/settings/texts.html", rows=rows, mails=self.mail_rows(), replies=self.canned_rows())

    @expose("/<key>/", methods=("GET", "POST"))
    def edit_view(self, key: str) -> Any:
        """A new version; the former ones stay, and the terms are asked for again at the next sign-in."""
        if key not in TEXT_WORDS:
            abort(404)
        form = TextForm()
        if form.validate_on_submit():
            wordings = {
                language: Wording(
                    subject=form[f"subject_{language}"].data or "", body=form[f"body_{language}"].data or ""
                )
                for language in text_queries.LANGUAGES
            }
            try:
                with unit_of_work() as uow:
                    version = texts.new_version(
                        uow, actor=self.actor, key=key, wordings=wordings, seen_version=form.version.data or 0
                    )
            except DomainError as error:
                refuse(form, error)
            else:
                flash(_("Version %(number)s is in force from now on.", number=version), "success")
                return redirect(self.get_url(".index"))
        elif request.method == "GET":
            self._fill(form, key)
        page = self.render(
            "admin/settings/text.html", form=form, words=_(TEXT_WORDS[key]),
            is_list=key not in text_queries.LEGAL,
        )
        return (page, 422) if form.errors else page

    def _fill(self, form: TextForm, key: str) -> None:
        agency_id = self.actor.agency_id
        form.version.data = text_queries.version(db.session(), agency_id=agency_id, key=key)
        for language in text_queries.LANGUAGES:
            current = text_queries.current(db.session(), agency_id=agency_id, key=key, language=language)
            form[f"subject_{language}"].data = current.subject if current else ""
            form[f"body_{language}"].data = current.body if current else ""


def _values(form: SettingsForm) -> AgencySettings:
    assert form.notices_from.data is not None  # noqa: S101 - its validator asks for it
    chosen = str(form.publication_rule.data)
    return AgencySettings(
        name=form.name.data or "",
        name_lv=form.name_lv.data or "",
        helpdesk_address=form.helpdesk_address.data or "",
        review_address=form.review_address.data or "",
        phone=form.phone.data or "",
        sender_name=form.sender_name.data or "",
        legal_clause=form.legal_clause.data or "",
        publication_rule=PublicationRule(chosen),
        due_days=form.due_days.data or 0,
        notices_from=form.notices_from.data,
        run_limit=form.run_limit.data or 0,
        notice_days={mail.value: form[days_field(mail)].data or 0 for mail in DATED},
        extra_holidays=(form.extra_holidays.data or "").splitlines(),
        keep_days={kept.value: form[f"keep_{kept.value}"].data or 0 for kept in Kept},
    )
