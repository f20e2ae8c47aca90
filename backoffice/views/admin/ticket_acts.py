"""What the helpdesk does on the page of a ticket: write, take back, sort, move, merge, route; and a new ticket for
somebody who called."""

import secrets
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from typing import Any, BinaryIO, cast

from flask import flash, redirect, request
from flask_admin import expose
from flask_babel import gettext as _

from backoffice.db import db
from backoffice.domain.errors import DomainError, Forbidden, NotFound, Refused, Stale
from backoffice.domain.tickets import Category, Channel, TicketState
from backoffice.forms.help import places
from backoffice.forms.tickets import NOTE, ActForm, MergeForm, NewTicketForm, RouteForm, SortForm, WriteForm
from backoffice.models import Agency, Project, Ticket
from backoffice.queries import agencies
from backoffice.queries import projects as project_queries
from backoffice.queries import tickets as queries
from backoffice.services import ticket_files, ticket_replies, ticket_triage, tickets
from backoffice.services.tickets import Attached, NewTicket
from backoffice.services.uow import UnitOfWork, unit_of_work
from backoffice.storage.ticket_intake import Piece, pictures_taken_in
from backoffice.views import frame, serving
from backoffice.views.admin.ticket_page import NOBODY, TicketPages
from backoffice.views.messages import refuse, words


class ActPages(TicketPages):
    """Every act leads back to the page; a refusal keeps what was typed."""

    def _back(self, number: int, *, anchor: str = "") -> Any:
        return redirect(self.get_url(".page_view", number=number) + anchor)

    @expose("/<int:number>/write", methods=("POST",))
    def write_view(self, number: int) -> Any:
        """A reply or a note. One written on a thread that went on meanwhile comes back with what is new, and goes with
        a second press."""
        ticket = self.one(number)
        ticket_id, form = ticket.id, WriteForm()
        is_note = form.kind.data == NOTE
        if not form.validate():
            return self.page(ticket, form=form, status=422)
        pieces = [
            Piece(name=file.filename or "", source=cast(BinaryIO, file.stream))
            for file in request.files.getlist("screenshots") if file.filename
        ]
        try:
            with ExitStack() as stack:
                uploads = stack.enter_context(pictures_taken_in(serving.store(), pieces, field="screenshots"))
                uow = stack.enter_context(unit_of_work())
                stored = ticket_files.store_pictures(uow, uploads=uploads, user_id=self.actor.user_id)
                black = places(form.blacked.data or "")
                files = [
                    Attached(file_id=row.id, is_blacked_out=place in black) for place, row in enumerate(stored)
                ]
                self._write(uow, ticket_id=ticket_id, form=form, files=files, is_note=is_note)
                ticket_files.forget_unattached(uow, rows=stored)
        except (Forbidden, NotFound):
            raise
        except DomainError as error:
            ticket = self.one(number)
            is_stale = isinstance(error, Stale)
            if is_stale:
                form.renew(version=ticket.version, act_key=secrets.token_urlsafe(16))
            else:
                refuse(form, error)
            return self.page(ticket, form=form, is_stale=is_stale, status=409 if is_stale else 422)
        return self._back(number, anchor="#coming" if not is_note else "#write")

    def _write(
        self, uow: UnitOfWork, *, ticket_id: int, form: WriteForm, files: Sequence[Attached], is_note: bool
    ) -> None:
        written, key = form.text.data or "", form.act_key.data or ""
        if is_note:
            ticket_replies.note(
                uow, actor=self.actor, ticket_id=ticket_id, text=written, files=files, act_key=key
            )
            return
        ticket_replies.reply(
            uow, actor=self.actor, ticket_id=ticket_id, text=written, then=TicketState(form.then.data),
            seen_version=form.version.data or 0, files=files, act_key=key,
        )

    @expose("/<int:number>/draft", methods=("POST",))
    def draft_view(self, number: int) -> Any:
        """What is being written, kept by itself; the answer says so, and what is new meanwhile."""
        ticket = self.one(number)
        ticket_id = ticket.id
        with unit_of_work() as uow:
            ticket_replies.save_draft(
                uow, actor=self.actor, ticket_id=ticket_id, text=request.form.get("text", "")
            )
        return self.render("admin/ticket/draft.html", is_kept=bool(request.form.get("text", "").strip()))

    @expose("/<int:number>/messages/<int:message_id>/send-now", methods=("POST",))
    def send_now_view(self, number: int, message_id: int) -> Any:
        self.one(number)
        return self._do(number, lambda uow: ticket_replies.send_now(uow, actor=self.actor, message_id=message_id))

    @expose("/<int:number>/messages/<int:message_id>/take-back", methods=("POST",))
    def take_back_view(self, number: int, message_id: int) -> Any:
        """The words stand in the composer again."""
        self.one(number)
        return self._do(
            number, lambda uow: ticket_replies.take_back(uow, actor=self.actor, message_id=message_id),
            said=_("Taken back: nobody was written to. Your words stand below."), anchor="#write",
        )

    @expose("/<int:number>/sort", methods=("POST",))
    def sort_view(self, number: int) -> Any:
        """Whose it is, its category and project, saved together."""
        ticket = self.one(number)
        ticket_id, version, form = ticket.id, ticket.version, SortForm()
        self.offer_helpers(form, ticket)
        before = (ticket.assignee_id, ticket.category, ticket.project.code if ticket.project else "")
        if not form.validate():
            return self.page(ticket, sort=form, status=422)
        assignee = None if form.assignee.data in (None, "", NOBODY) else int(form.assignee.data)
        category = Category(form.category.data) if form.category.data else None
        code = (form.project.data or "").strip().upper()
        try:
            with unit_of_work() as uow:
                self._sort(
                    uow, ticket_id=ticket_id, seen=(form.version.data or 0, version), before=before,
                    assignee=assignee, category=category, code=code,
                )
        except (Forbidden, NotFound):
            raise
        except DomainError as error:
            ticket = self.one(number)
            if error.field:
                refuse(form, error)
                return self.page(ticket, sort=form, status=422)
            return self.page(ticket, refused=error, status=409)
        flash(_("Saved."), "success")
        return self._back(number)

    def _sort(
        self,
        uow: UnitOfWork,
        *,
        ticket_id: int,
        seen: tuple[int, int],
        before: tuple[int | None, Category | None, str],
        assignee: int | None,
        category: Category | None,
        code: str,
    ) -> None:
        """Only what differs; the version is compared once, for the first change moves it on."""
        if seen[0] != seen[1]:
            raise Stale(tickets.CHANGED_MEANWHILE)
        if code != before[2]:
            ticket_triage.set_project(uow, actor=self.actor, ticket_id=ticket_id, code=code)
        if category is not before[1]:
            ticket_triage.set_category(uow, actor=self.actor, ticket_id=ticket_id, category=category)
        if assignee != before[0]:
            ticket_triage.assign(uow, actor=self.actor, ticket_id=ticket_id, user_id=assignee)

    @expose("/<int:number>/state", methods=("POST",))
    def state_view(self, number: int) -> Any:
        """Solved, closed, waiting or open again, without a word to the requester."""
        ticket_id, asked = self.one(number).id, request.form.get("state", "")
        if asked not in set(TicketState):
            return self._back(number)
        seen = request.form.get("version", "")
        return self._do(number, lambda uow: ticket_triage.move(
            uow, actor=self.actor, ticket_id=ticket_id, state=TicketState(asked),
            seen_version=int(seen) if seen.isdecimal() and len(seen) < 10 else None,
        ))

    @expose("/<int:number>/merge", methods=("GET", "POST"))
    def merge_view(self, number: int) -> Any:
        """Into which ticket it goes; the other one is shown before."""
        ticket = self.one(number)
        ticket_id, form = ticket.id, MergeForm()
        if request.method == "GET":
            self._begin(form, ticket)
            asked = request.args.get("into", "").lstrip("#")
            form.into.data = int(asked) if asked.isdecimal() and len(asked) < 10 else None
        elif form.validate_on_submit():
            try:
                with unit_of_work() as uow:
                    into = ticket_triage.merge(
                        uow, actor=self.actor, ticket_id=ticket_id, into_number=form.into.data or 0,
                        seen_version=form.version.data, is_other_requester_seen=bool(form.is_other_requester_seen.data),
                    ).number
            except (Forbidden, NotFound):
                raise
            except DomainError as error:
                refuse(form, error)
                ticket = self.one(number)
            else:
                flash(_("#%(number)s is closed; it goes on here.", number=number), "success")
                return self._back(into)
        target = db.session.scalar(queries.one(self.actor, number=form.into.data)) if form.into.data else None
        others = db.session.scalars(
            queries.of_requester(user_id=ticket.requester_id, email=ticket.requester_email)
            .where(queries.scope(self.actor), Ticket.id != ticket.id, Ticket.state != TicketState.CLOSED)
            .limit(10)
        ).all()
        return self._form_page("admin/ticket/merge.html", ticket, form, target=target, others=others)

    @expose("/<int:number>/route", methods=("GET", "POST"))
    def route_view(self, number: int) -> Any:
        """To another agency: from then on only that one sees it."""
        ticket = self.one(number)
        ticket_id, form = ticket.id, RouteForm()
        rows = db.session.scalars(agencies.in_order()).all()
        form.agency.choices = [
            (str(row.id), f"{row.code} · {frame.agency_name(row)}") for row in rows if row.id != ticket.agency_id
        ]
        if request.method == "GET":
            self._begin(form, ticket)
            form.agency.data = str(self.actor.agency_id) if ticket.agency_id is None else None
        elif form.validate_on_submit():
            try:
                with unit_of_work() as uow:
                    routed = ticket_triage.route(
                        uow, actor=self.actor, ticket_id=ticket_id, agency_id=int(form.agency.data),
                        seen_version=form.version.data,
                    )
                    is_ours = routed.agency_id == self.actor.agency_id
                    code = uow.session.get_one(Agency, routed.agency_id).code
            except (Forbidden, NotFound):
                raise
            except DomainError as error:
                refuse(form, error)
                ticket = self.one(number)
            else:
                flash(_("#%(number)s is the agency %(code)s's now.", number=number, code=code), "success")
                return self._back(number) if is_ours else redirect(self.get_url(".index_view"))
        return self._form_page("admin/ticket/route.html", ticket, form)

    @expose("/new", methods=("GET", "POST"))
    def new_view(self) -> Any:
        """Somebody called or came by: the ticket is written for them, and they get its number by mail."""
        form = NewTicketForm()
        if request.method == "GET":
            form.act_key.data = secrets.token_urlsafe(16)
            form.project.data = request.args.get("project", "")
            form.email.data = request.args.get("email", "")
        elif form.validate_on_submit():
            try:
                project_id = self._project(form)
                with unit_of_work() as uow:
                    number = tickets.open_ticket(
                        uow, actor=self.actor, new=_new(form, project_id=project_id), act_key=form.act_key.data or ""
                    ).number
            except Refused as error:
                refuse(form, error)
            else:
                return self._back(number)
        page = self.render("admin/ticket/new.html", form=form)
        return (page, 422) if form.errors else page

    def _project(self, form: NewTicketForm) -> int | None:
        code = (form.project.data or "").strip()
        if not code:
            return None
        query = project_queries.visible(self.actor).where(Project.code == code.upper())
        found = db.session.scalar(query.with_only_columns(Project.id))
        if found is None:
            raise Refused(
                ticket_triage.NO_PROJECT, field="project", code="project", values={"code": code}
            )
        return int(found)

    def _begin(self, form: ActForm, ticket: Ticket) -> None:
        form.version.data, form.act_key.data = ticket.version, secrets.token_urlsafe(16)

    def _form_page(self, template: str, ticket: Ticket, form: ActForm, **values: Any) -> Any:
        page = self.render(
            template, ticket=ticket, form=form, back=self.get_url(".page_view", number=ticket.number), **values
        )
        return (page, 422) if form.errors else page

    def _do(self, number: int, act: Callable[[UnitOfWork], object], *, said: str = "", anchor: str = "") -> Any:
        """One act in its transaction; a refusal is said on the page."""
        try:
            with unit_of_work() as uow:
                act(uow)
        except (Forbidden, NotFound):
            raise
        except DomainError as error:
            flash(words(error), "warning")
        else:
            if said:
                flash(said, "success")
        return self._back(number, anchor=anchor)


def _new(form: NewTicketForm, *, project_id: int | None) -> NewTicket:
    return NewTicket(
        subject=form.subject.data or "", text=form.text.data or "", email=form.email.data or "",
        name=form.name.data or "", language=form.language.data or "", project_id=project_id,
        category=Category(form.category.data) if form.category.data else None, channel=Channel.STAFF,
        is_quiet=bool(form.is_quiet.data),
    )
