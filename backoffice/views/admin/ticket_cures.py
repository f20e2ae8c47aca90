"""The cures of a ticket as pages: GET says what will happen and shows the answer that is drafted, POST does it."""

import secrets
from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any

from flask import abort, flash, redirect, request
from flask_admin import expose
from flask_babel import force_locale, gettext

from backoffice.db import db
from backoffice.domain import clock
from backoffice.domain.causes import CURE_WORDS, DRAFTS, Cause, Cure
from backoffice.domain.errors import N_, DomainError, Forbidden, NotFound, Refused
from backoffice.domain.notices import MAIL_WORDS
from backoffice.forms.cures import CureForm
from backoffice.models import Ticket
from backoffice.services import cures, ticket_triage
from backoffice.services.cures import Wanted
from backoffice.services.uow import UnitOfWork, unit_of_work
from backoffice.views.admin import ticket_cure
from backoffice.views.admin.ticket_cure import Choices
from backoffice.views.admin.ticket_page import TicketPages
from backoffice.views.messages import day, refuse, say, words

# Which fields each cure asks for; the others are taken out of the form.
_FIELDS: Mapping[Cure, tuple[str, ...]] = MappingProxyType({
    Cure.SEND_ACCESS: ("access",),
    Cure.GIVE_ACCESS: ("email", "name"),
    Cure.MOVE_ACCESS: ("access", "email", "reason"),
    Cure.SEND_LINK: ("access",),
    Cure.SHOW_CONTACT: ("contact", "reason"),
    Cure.RESEND_MAIL: ("mail",),
    Cure.ASK_UNLOCK: ("reason",),
})
_EFFECTS: Mapping[Cure, tuple[str, ...]] = MappingProxyType({
    Cure.SEND_ACCESS: (
        N_("The person gets the access mail at once, with a link to sign in."),
        N_("Nothing about the access itself changes."),
    ),
    Cure.GIVE_ACCESS: (
        N_("The person gets the access mail at once, with a link to sign in."),
        N_("They may edit and submit the results of this project."),
        N_("Nobody loses access by this."),
    ),
    Cure.MOVE_ACCESS: (
        N_("The new address gets the access mail at once."),
        N_("The former address loses access at once and is told with your reason."),
        N_("An import never brings the former access back."),
    ),
    Cure.SEND_LINK: (
        N_("The person gets a mail with a link to set a password; it works for 72 hours."),
        N_("The former password works until the link is used."),
    ),
    Cure.SHOW_CONTACT: (
        N_("Name, role and address stand on the public page at once; the phone number never does."),
        N_("The basis is this ticket. The person is mailed a link by which they can withdraw."),
    ),
    Cure.RESEND_MAIL: (N_("The same mail goes out once more, with the facts of now."),),
    Cure.ASK_UNLOCK: (
        N_("The responsible specialist, else the agency's address for reviews, is asked by mail."),
        N_("The review page, the queue and the project say that you asked. Nothing opens by this."),
    ),
})
_REASONS: Mapping[Cure, str] = MappingProxyType({
    Cure.MOVE_ACCESS: N_("The access moves to the new address, as asked for in ticket #%(number)s."),
    Cure.SHOW_CONTACT: N_("Asked for in ticket #%(number)s."),
    Cure.ASK_UNLOCK: "",
})


class CurePages(TicketPages):
    """Each cure with its own confirm page; the drafted explanation and the project are one press each."""

    @expose("/<int:number>/cure/<kind>", methods=("GET", "POST"))
    def cure_view(self, number: int, kind: str) -> Any:
        ticket = self.one(number)
        cure = Cure(kind) if kind in set(Cure) else abort(404)
        about = ticket_cure.choices(
            db.session(), ticket=ticket, agency_id=ticket.agency_id or self.actor.agency_id or 0
        )
        if not ticket_cure.may(self.actor, cure, ticket, about):
            flash(gettext("This cure does not fit the ticket any longer."), "warning")
            return redirect(self._url(number))
        form = self._cure_form(ticket, cure, about)
        if form.validate_on_submit():
            wanted, ticket_id = _wanted(cure, form), ticket.id
            draft = _draft(ticket, cure, form, about)
            try:
                with unit_of_work() as uow:
                    cures.apply(
                        uow, actor=self.actor, ticket_id=ticket_id, wanted=wanted, draft=draft,
                        act_key=form.act_key.data or "",
                    )
            except Forbidden:
                raise
            except DomainError as error:
                ticket = self.one(number)
                refuse(form, error)
            else:
                flash(gettext("Done, and the answer stands ready below."), "success")
                return redirect(self._url(number) + "#write")
        page = self.render(
            "admin/ticket/cure_confirm.html", ticket=ticket, form=form, button=gettext(CURE_WORDS[cure]),
            heading=ticket.project.title if ticket.project else ticket.subject, back=self._url(number),
            effects=[gettext(effect) for effect in _EFFECTS[cure]], draft=_draft(ticket, cure, form, about),
        )
        return (page, 422) if form.errors or form.form_errors else page

    @expose("/<int:number>/explain", methods=("POST",))
    def explain_view(self, number: int) -> Any:
        """The answer that explains a cause, into the composer; nothing else happens."""
        ticket = self.one(number)
        found = ticket_cure.findings(
            db.session(), ticket=ticket, agency_id=ticket.agency_id or self.actor.agency_id or 0, now=clock.now()
        )
        asked = request.form.get("cause", "")
        finding = next((one for one in found if one.cause == asked and asked in set(Cause)), None)
        answer = ticket_cure.explanation(ticket, finding) if finding else ""
        if not answer:
            flash(gettext("This cause does not fit the ticket any longer."), "warning")
            return redirect(self._url(number))
        ticket_id = ticket.id
        return self._press(
            number, lambda uow: cures.draft_answer(uow, actor=self.actor, ticket_id=ticket_id, words=answer),
            anchor="#write",
        )

    @expose("/<int:number>/project", methods=("POST",))
    def project_view(self, number: int) -> Any:
        """"Not this one", or one of those that it may be about."""
        ticket_id, code = self.one(number).id, request.form.get("code", "")
        return self._press(
            number, lambda uow: ticket_triage.set_project(uow, actor=self.actor, ticket_id=ticket_id, code=code)
        )

    def _press(self, number: int, act: Callable[[UnitOfWork], object], *, anchor: str = "") -> Any:
        try:
            with unit_of_work() as uow:
                act(uow)
        except (Refused, NotFound) as error:
            flash(words(error), "warning")
        return redirect(self._url(number) + anchor)

    def _cure_form(self, ticket: Ticket, cure: Cure, about: Choices) -> CureForm:
        form = CureForm(data={
            "act_key": secrets.token_urlsafe(16), "email": ticket.requester_email, "name": ticket.requester_name,
            "reason": _reason(ticket, cure),
        })
        form.access.choices = [(row.id, _person(row.user.name, row.user.email)) for row in about.accesses]
        form.contact.choices = [(row.id, _person(row.name, row.email)) for row in about.contacts]
        form.mail.choices = [
            (row.id, f"{gettext(MAIL_WORDS[row.kind])}, {day(row.created_at)}") for row in about.mails
        ]
        for name in {field for fields in _FIELDS.values() for field in fields} - set(_FIELDS[cure]):
            delattr(form, name)
        return form


def _person(name: str, email: str) -> str:
    return f"{name}, {email}" if name else email


def _reason(ticket: Ticket, cure: Cure) -> str:
    """Read by the person whom it concerns, so in the agency's language; asking a specialist has words of its own."""
    sentence = _REASONS.get(cure, "")
    if not sentence:
        return ""
    with force_locale(ticket.agency.language if ticket.agency else ticket.language):
        return say(sentence, {"number": str(ticket.number)})


def _wanted(cure: Cure, form: CureForm) -> Wanted:
    def of(name: str) -> Any:
        return form[name].data if name in form else None

    return Wanted(
        cure=cure, email=of("email") or "", name=of("name") or "", access_id=of("access"), contact_id=of("contact"),
        mail_id=of("mail"), reason=of("reason") or "",
    )


def _draft(ticket: Ticket, cure: Cure, form: CureForm, about: Choices) -> str:
    """What the composer will hold."""
    wanted = _wanted(cure, form)
    access = next((row for row in about.accesses if row.id == wanted.access_id), next(iter(about.accesses), None))
    contact = next((row for row in about.contacts if row.id == wanted.contact_id), next(iter(about.contacts), None))
    mail = next((row for row in about.mails if row.id == wanted.mail_id), next(iter(about.mails), None))
    former = access.user.email if access else ""
    values: dict[str, object] = {
        "code": ticket.project.code if ticket.project else "", "email": wanted.email or former, "former": former,
    }
    if cure is Cure.SHOW_CONTACT and contact is not None:
        values["name"] = contact.name or contact.email
    if cure is Cure.RESEND_MAIL and mail is not None:
        with force_locale(ticket.language):
            values |= {"mail": mail.subject or gettext(MAIL_WORDS[mail.kind]), "email": mail.to}
    return ticket_cure.drafted(ticket, DRAFTS[cure], values)
