"""Help (S16, S17): whom to ask, a new ticket, and the requester's own tickets, signed in or by the link of a mail."""

import secrets
from collections.abc import Callable
from typing import Any, cast

from flask import Blueprint, abort, flash, redirect, render_template, request, session, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext
from flask_wtf.csrf import CSRFError

from backoffice import auth
from backoffice.db import db
from backoffice.domain import clock
from backoffice.domain.errors import Refused
from backoffice.domain.files import FilePurpose
from backoffice.domain.permissions import Actor
from backoffice.domain.text import fold_email
from backoffice.domain.tickets import REPLY_WAITS, Channel, Direction, TicketState
from backoffice.forms.help import NO_ADDRESS, FurtherForm, NewTicketForm
from backoffice.mail.links import follow_link, is_follow_key
from backoffice.models import Ticket, TicketMessage
from backoffice.queries import projects, tickets
from backoffice.services import ticket_requester
from backoffice.services import tickets as services
from backoffice.services.contacts import checked_email
from backoffice.services.tickets import Incoming, NewTicket
from backoffice.services.uow import UnitOfWork, unit_of_work
from backoffice.theme.theme import Person
from backoffice.views import errors, frame, serving, ticket_form, ticket_thread

bp = Blueprint("help", __name__, url_prefix="/help")
SENT = "ticket-sent"  # the number that the next page tells
WRITTEN = "ticket-written"  # the draft that the next page lets go
OWN_SHOWN = 20


@bp.get("/")
def index() -> ResponseReturnValue:
    """For everyone; who is signed in also reads the own tickets and whom to ask about each project."""
    actor, who = auth.coordinator(), auth.person()
    own = tickets.of_requester(user_id=who.user_id, email=fold_email(who.email)).limit(OWN_SHOWN) if who else None
    return render_template(
        "tickets/help.html", agency=frame.agency(), address=ticket_form.helpdesk(),
        projects=db.session.scalars(projects.own(actor)).all() if actor else [],
        tickets=db.session.scalars(own).all() if own is not None else [], new_url=_new_url(),
    )


@bp.route("/new", methods=("GET", "POST"))
def new() -> ResponseReturnValue:
    """A new ticket. Whatever fails, the page comes back with all that was typed."""
    if request.method == "GET":
        return ticket_form.page(ticket_form.opened())
    form = NewTicketForm()
    return ticket_form.guarded(form, ticket_form.page, lambda: _send(form))


@bp.get("/sent")
def sent() -> ResponseReturnValue:
    """The number; to whom is not signed in the way to the ticket comes by mail only, since anybody could have typed
    the address."""
    number = session.get(SENT)
    if number is None:
        return redirect(url_for(".index"))
    return render_template("tickets/sent.html", number=number, draft=ticket_form.draft_key(), new_url=_new_url())


@bp.route("/tickets/<int:number>", methods=("GET", "POST"))
def ticket(number: int) -> ResponseReturnValue:
    """The requester's own: what was written to and fro, without notes; write on."""
    found = _found(number)
    if found is None:
        return _closed_door()
    form = FurtherForm()
    if request.method == "GET":
        form.act_key.data = secrets.token_urlsafe(16)
        return _thread(found, form)
    ticket_id = found.id

    def back(form: FurtherForm, *, status: int = 200, **values: Any) -> ResponseReturnValue:
        return _thread(_found(number) or abort(404), form, status=status, **values)

    return ticket_form.guarded(form, back, lambda: _write_on(form, ticket_id=ticket_id, number=number, back=back))


@bp.post("/tickets/<int:number>/solved")
def solved(number: int) -> ResponseReturnValue:
    """The requester says so; a further message opens it again."""
    found = _found(number)
    if found is None:
        return _closed_door()
    ticket_id = found.id
    with unit_of_work() as uow:
        ticket_requester.settle(uow, actor=_actor(), ticket_id=ticket_id)
    flash(gettext("Thank you. The ticket is solved; write here if it is not after all."), "good")
    return redirect(_address(number))


@bp.get("/tickets/<int:number>/files/<int:attachment_id>")
def file(number: int, attachment_id: int) -> ResponseReturnValue:
    """A picture or file of a message that the requester may read; anything but our own pictures is a download."""
    found = _found(number)
    if found is None:
        return _closed_door()
    attachments = [attachment for message in _messages(found) for attachment in message.attachments]
    wanted = next((row.file for row in attachments if row.id == attachment_id), None) or abort(404)
    return serving.serve(wanted, is_inline=wanted.purpose is FilePurpose.SCREENSHOT)


@bp.errorhandler(CSRFError)
def form_expired(_error: CSRFError) -> ResponseReturnValue:
    """The session ended or began anew since the form was opened: nothing was sent, and all of it stands there again."""
    if request.endpoint == "help.new":
        return ticket_form.page(NewTicketForm(), status=400, problem="form-expired")
    number = (request.view_args or {}).get("number", 0)
    found = _found(number) if request.endpoint == "help.ticket" else None
    if found is not None:
        return _thread(found, FurtherForm(), status=400, problem="form-expired")
    if request.endpoint == "help.ticket" and auth.person() is None:
        return ticket_form.signed_out(FurtherForm())
    return errors.page(400, code="form-expired")


def _send(form: NewTicketForm) -> ResponseReturnValue:
    who = auth.person()
    refusals = form.refusals()
    if form.website.data:
        form.website.data = ""
        refusals.append(Refused(ticket_form.AUTOMATIC, code="looks-automatic"))
    email = fold_email(who.email) if who else ""
    if who is None and not (form.email.data or "").strip():
        refusals.insert(0, Refused(NO_ADDRESS, field="email", code="missing"))
    elif who is None:
        try:
            email = checked_email(form.email.data or "")
        except Refused as error:
            refusals.append(error)
    texts, subject = form.texts(), ticket_form.subject(form)
    page, project_id, agency_id = ticket_form.place(form)
    facts = ticket_form.facts(form)

    def act(uow: UnitOfWork, files: list[services.Attached]) -> int:
        ticket_requester.count_try(uow, email=email, network=ticket_form.network())
        return services.open_ticket(uow, actor=_actor(), act_key=form.act_key.data or "", new=NewTicket(
            subject=subject, text="\n\n".join(f"{label}\n{said}" for label, said in texts), email=email,
            name=who.name if who else "", requester_id=who.user_id if who else None,
            language=ticket_form.language(), agency_id=agency_id, project_id=project_id, channel=Channel.FORM,
            context={**facts, **({"page": page} if page else {}), "is_signed_in": who is not None}, files=files,
        )).number

    number = ticket_form.with_pictures(form, refusals, act)
    if number is None:
        return ticket_form.page(form, status=422)
    session[SENT] = number
    return redirect(url_for(".sent"))


def _write_on(
    form: FurtherForm, *, ticket_id: int, number: int, back: Callable[..., ResponseReturnValue]
) -> ResponseReturnValue:
    who = auth.person()
    network = ticket_form.network()

    def act(uow: UnitOfWork, files: list[services.Attached]) -> int:
        return ticket_requester.write_on(
            uow, actor=_actor(), ticket_id=ticket_id, network=network, act_key=form.act_key.data or "",
            incoming=Incoming(
                text=form.text.data or "", requester_id=who.user_id if who else None, channel=Channel.FORM, files=files
            ),
        ).number

    into = ticket_form.with_pictures(form, form.refusals(), act)
    if into is None:
        return back(form, status=422)
    session[WRITTEN] = ticket_form.draft_key(number)
    if into != number:
        flash(gettext("Your message has arrived. It is ticket #%(number)s now.", number=into), "good")
        return redirect(_address_of_other(number, into))
    flash(gettext("Your message has arrived."), "good")
    return redirect(_address(number))


def _found(number: int) -> Ticket | None:
    """The ticket, for its requester: signed in, or with the key of the mail."""
    found = db.session.scalar(tickets.by_number(number))
    if found is None or found.erased_at is not None:
        return None
    who = auth.person()
    is_own = who is not None and (
        found.requester_id == who.user_id or found.requester_email == fold_email(who.email)
    )
    if not is_own and not is_follow_key(request.args.get("key", ""), number, found.requester_email):
        return None
    if found.agency_id is not None:
        frame.of_agency(found.agency_id)
    return found


def _closed_door() -> ResponseReturnValue:
    """The same for a ticket that is not there and for one that is somebody else's."""
    may_sign_in = auth.person() is None and "key" not in request.args
    return cast(ResponseReturnValue, auth.sign_in_first() if may_sign_in else abort(404))


def _messages(found: Ticket) -> list[TicketMessage]:
    """What the requester may read; a reply that can still be taken back is not there yet."""
    sent_by = clock.now() - REPLY_WAITS
    return [
        message
        for message in tickets.thread(db.session(), found, email=found.requester_email)
        if message.direction is not Direction.OUT or message.written_at <= sent_by
    ]


def _thread(found: Ticket, form: FurtherForm, *, status: int = 200, **values: Any) -> ResponseReturnValue:
    other = db.session.get(Ticket, found.merged_into_id) if found.merged_into_id else None
    is_same_person = other is not None and other.requester_email == found.requester_email
    return render_template(
        "tickets/ticket.html", ticket=found, lines=_lines(found), form=form, key=request.args.get("key", ""),
        other=other, other_url=_address(other.number, other) if other is not None and is_same_person else "",
        draft=ticket_form.draft_key(found.number), written=session.pop(WRITTEN, "") if status == 200 else "",
        is_settled=found.state in {TicketState.SOLVED, TicketState.CLOSED},
        **ticket_form.around(form, **values),
    ), status, {"Cache-Control": "no-store"}


def _lines(found: Ticket) -> list[ticket_thread.MessageLine]:
    who = auth.person()
    return ticket_thread.lines(
        _messages(found), ticket_id=found.id, me=who.user_id if who else None,
        requester=found.requester_name or found.requester_email, initials=lambda name: Person(name=name).initials,
        file_url=lambda one: url_for(
            ".file", number=found.number, attachment_id=one.id, key=request.args.get("key") or None
        ),
    )


def _address(number: int, found: Ticket | None = None) -> str:
    """The ticket's page for the same person: with the key of this one, or with one of its own."""
    key = request.args.get("key", "")
    if key and found is not None:
        key = follow_link(number, found.requester_email).partition("key=")[2]
    return url_for(".ticket", number=number, key=key or None)


def _address_of_other(number: int, other: int) -> str:
    """The ticket into which a message went; the own one when that belongs to another person."""
    old, new = (db.session.scalars(tickets.by_number(one)).one() for one in (number, other))
    return _address(other, new) if old.requester_email == new.requester_email else _address(number)


def _actor() -> Actor | None:
    """In the name of whom it is written: a coordinator, or staff who need help themselves."""
    return auth.coordinator() or auth.staff()


def _new_url() -> str:
    """The form, with what the address of this page knows."""
    return url_for(".new", page=request.args.get("page") or None, error=request.args.get("error") or None)
