"""The agency's own words for each mail (DOMAIN §7), beside its other texts: with a preview, and a way back."""

from typing import Any

from flask import abort, current_app, flash, redirect, request
from flask_admin import expose
from flask_babel import gettext as _

from backoffice.config import Settings
from backoffice.db import db
from backoffice.domain import clock, mail_texts
from backoffice.domain.errors import DomainError
from backoffice.domain.mail_texts import PLACES
from backoffice.domain.notices import MAIL_WORDS, Mail
from backoffice.forms.settings import MailTextForm
from backoffice.mail import own, samples
from backoffice.mail.render import Message
from backoffice.models import Agency
from backoffice.queries import texts as queries
from backoffice.services import texts
from backoffice.services.texts import Wording
from backoffice.services.uow import unit_of_work
from backoffice.views.admin.base import Guarded
from backoffice.views.messages import refuse


class MailTextPages(Guarded):
    """A part of the view of texts."""

    def mail_rows(self) -> list[tuple[str, str, list[str]]]:
        """Each mail: its key, what it is called, and the languages that have the agency's own words."""
        agency_id = self.actor.agency_id or 0
        worded = [
            (row.key, language)
            for language in queries.LANGUAGES
            for row in queries.of_mails(db.session(), agency_id=agency_id, language=language)
        ]
        return [
            (mail.value, _(MAIL_WORDS[mail]), [code for key, code in worded if key == mail_texts.key(mail)])
            for mail in PLACES
        ]

    @expose("/mails/<kind>/", methods=("GET", "POST"))
    def mail_view(self, kind: str) -> Any:
        """Both languages of a mail. "Show the mail" and "standard text" change the page alone, "Save" the mail."""
        mail = next((known for known in PLACES if known.value == kind), None) or abort(404)
        agency = db.session.get(Agency, self.actor.agency_id) or abort(404)
        form = MailTextForm()
        back_to = request.form.get("standard", "")
        if request.method == "GET":
            self._fill_mail(form, mail)
        elif back_to in queries.LANGUAGES:
            self._put(form, back_to, own.standard(mail, back_to))
        elif form.validate_on_submit() and self._saved(form, mail, is_preview="preview" in request.form):
            return redirect(self.get_url(".index") + "#mails")
        page = self.render(
            "admin/settings/mail_text.html", form=form, words=_(MAIL_WORDS[mail]), back_to=back_to,
            mails=[self._sample(form, mail, language, agency) for language in queries.LANGUAGES],
            places=[
                (f"{{{name}}}", _(mail_texts.WORDS[name]), name in PLACES[mail].must, name in PLACES[mail].values)
                for name in PLACES[mail].all
            ],
        )
        return (page, 422) if form.errors else page

    def _saved(self, form: MailTextForm, mail: Mail, *, is_preview: bool) -> bool:
        wordings = {
            language: None if self._is_standard(form, mail, language) else self._typed(form, language)
            for language in queries.LANGUAGES
        }
        try:
            if is_preview:
                texts.check_mail(mail=mail, wordings=wordings)
                return False
            with unit_of_work() as uow:
                is_changed = texts.word_mail(
                    uow, actor=self.actor, mail=mail, wordings=wordings, seen_version=form.version.data or 0
                )
        except DomainError as error:
            refuse(form, error)
            return False
        flash(_("Saved.") if is_changed else _("Nothing was different."), "success")
        return True

    def _fill_mail(self, form: MailTextForm, mail: Mail) -> None:
        agency_id = self.actor.agency_id or 0
        form.version.data = queries.version(db.session(), agency_id=agency_id, key=mail_texts.key(mail))
        for language in queries.LANGUAGES:
            rows = queries.of_mails(db.session(), agency_id=agency_id, language=language)
            found = next((row for row in rows if row.key == mail_texts.key(mail)), None)
            self._put(
                form, language,
                Wording(subject=found.subject, body=found.body) if found else own.standard(mail, language),
            )

    def _put(self, form: MailTextForm, language: str, wording: Wording) -> None:
        form[f"subject_{language}"].data, form[f"body_{language}"].data = wording.subject, wording.body

    def _typed(self, form: MailTextForm, language: str) -> Wording:
        return texts.cleaned(Wording(
            subject=form[f"subject_{language}"].data or "", body=form[f"body_{language}"].data or ""
        ))

    def _is_standard(self, form: MailTextForm, mail: Mail, language: str) -> bool:
        """Unchanged from what comes with the application: then it goes on changing with the application."""
        return self._typed(form, language) == own.standard(mail, language)

    def _sample(self, form: MailTextForm, mail: Mail, language: str, agency: Agency) -> Message:
        settings: Settings = current_app.config["SETTINGS"]
        known, typed = PLACES[mail], self._typed(form, language)
        is_whole = {*mail_texts.named(typed.subject)} <= {*known.values} and (
            {*mail_texts.named(typed.body)} <= {*known.all}
        )
        wording = typed if is_whole and not self._is_standard(form, mail, language) else None
        return samples.message(
            db.session(), mail=mail, language=language, wording=wording, agency=agency, settings=settings,
            now=clock.now(),
        )
