"""Black over part of a picture that a requester sent: names and grades that nobody should pass on (S16)."""

from typing import Any

from flask import abort, flash, redirect, request
from flask_admin import expose
from flask_babel import gettext as _

from backoffice.db import db
from backoffice.domain import ticket_files as domain
from backoffice.domain.errors import Refused
from backoffice.domain.files import NEVER_SERVED, FileKind, FilePurpose
from backoffice.forms.tickets import BlackOutForm
from backoffice.models import StoredFile, Ticket
from backoffice.queries import tickets as queries
from backoffice.services import ticket_files
from backoffice.services.uow import unit_of_work
from backoffice.storage import pictures
from backoffice.storage.ticket_intake import blacked_out
from backoffice.views import serving
from backoffice.views.admin.ticket_page import TicketPages
from backoffice.views.messages import refuse


class PicturePages(TicketPages):
    """GET shows the picture with the tools, POST destroys what is under the places."""

    @expose("/<int:number>/files/<int:file_id>/black-out", methods=("GET", "POST"))
    def black_out_view(self, number: int, file_id: int) -> Any:
        ticket = self.one(number)
        file = self._picture(ticket, file_id)
        form = BlackOutForm()
        if request.method == "POST":
            try:
                self._black_out(ticket, file, form)
            except Refused as error:
                refuse(form, error)
                ticket = self.one(number)
                file = self._picture(ticket, file_id)
            else:
                flash(_("What was under the black places is destroyed."), "good")
                return redirect(self.get_url(".page_view", number=number))
        messages = queries.thread(db.session(), ticket)
        page = self.render(
            "admin/ticket/black_out.html", ticket=ticket, file=file, form=form,
            picture_url=self.get_url(".file_view", number=number, file_id=file_id),
            back=self.get_url(".page_view", number=number),
            is_in_mail=any(
                message.raw_file_id is not None and any(one.file_id == file_id for one in message.attachments)
                for message in messages
            ),
        )
        return (page, 422) if form.errors else page

    def _picture(self, ticket: Ticket, file_id: int) -> StoredFile:
        query = queries.files(queries.family(db.session(), ticket)).where(
            StoredFile.id == file_id, StoredFile.purpose == FilePurpose.SCREENSHOT,
            StoredFile.check_state.not_in(NEVER_SERVED),
        )
        return db.session.scalar(query) or abort(404)

    def _black_out(self, ticket: Ticket, file: StoredFile, form: BlackOutForm) -> None:
        """Reading and writing of pictures lies outside the transaction; the former bytes go after it."""
        if not form.validate():
            raise Refused(domain.NO_PLACE, field="boxes", code="no-place")
        ticket_id, file_id, kind = ticket.id, file.id, FileKind(file.kind)
        store = serving.store()
        with store.open(file.storage_key) as source:
            width, height = pictures.measured(source, kind=kind)
        if form.boxes.data:
            boxes = domain.boxes(form.boxes.data, width=width, height=height)
        else:
            boxes = domain.boxes_in_percent([form.typed()], width=width, height=height)
        with (
            blacked_out(store, file.storage_key, name=file.name, kind=kind, boxes=boxes) as upload,
            unit_of_work() as uow,
        ):
            former = ticket_files.black_out(
                uow, actor=self.actor, ticket_id=ticket_id, file_id=file_id, upload=upload, places=len(boxes)
            )
        store.delete(former)
