"""The import of the agency's list: choose, look at what would come of it, write it (DOMAIN §2)."""

import secrets
from collections.abc import Iterator
from contextlib import closing
from datetime import date
from typing import Any

from flask import abort, redirect, request
from flask_admin import expose
from flask_babel import gettext as _
from flask_babel import ngettext
from werkzeug.datastructures import FileStorage

from backoffice.db import db
from backoffice.domain import files as file_rules
from backoffice.domain.errors import N_, DomainError, Refused
from backoffice.domain.import_runs import EFFECT_WORDS, FIELD_WORDS, MAX_BYTES, Effect, RunState
from backoffice.domain.notices import MAIL_WORDS, Mail
from backoffice.domain.permissions import Permission
from backoffice.domain.projects import GRANT_WORDS, GrantState
from backoffice.forms.base import Form
from backoffice.forms.imports import ImportForm
from backoffice.jobs import import_runs as jobs
from backoffice.models import Agency, ImportRun
from backoffice.queries import import_runs as queries
from backoffice.services import import_runs
from backoffice.services.uow import unit_of_work
from backoffice.storage.sheets import Row
from backoffice.views import exporting, serving
from backoffice.views.admin.base import Guarded
from backoffice.views.messages import day, refuse, say, words

P = Permission.IMPORT_RUN
KINDS = ("refused", "changed", "added")
DATES = frozenset({"start_date", "end_date", "report_handed_in_on", "report_approved_on"})


class ImportView(Guarded):
    permissions = {"index": P, "run_view": P, "write_view": P, "rows_view": P}

    @expose("/", methods=("GET", "POST"))
    def index(self) -> Any:
        """Choose a list; a worker reads it, so that even a long one keeps nobody waiting."""
        form = ImportForm()
        form.act_key.data = form.act_key.data or secrets.token_urlsafe(16)
        if form.validate_on_submit():
            try:
                return redirect(self.get_url(".run_view", id=self._start(form)))
            except DomainError as error:
                refuse(form, error)
        page = self.render(
            "admin/imports/index.html", form=form, runs=db.session.scalars(queries.latest(self.actor)).all(),
            states=RunState, max_bytes=MAX_BYTES,
        )
        return (page, 422) if form.errors else page

    def _start(self, form: ImportForm) -> int:
        file: FileStorage | None = next(iter(serving.sent("file")), None)
        if file is None:
            raise Refused(N_("Choose a file."), field="file", code="missing")
        name, store = file_rules.clean_name(file.filename or ""), serving.store()
        stored = store.put(file.stream, name=name, limit=MAX_BYTES)
        try:
            if not stored.size:
                raise Refused(N_("The file is empty."), field="file", code="import-empty")
            with unit_of_work() as uow:
                run = import_runs.start(
                    uow, actor=self.actor, list_=stored, name=name, act_key=form.act_key.data or ""
                )
                run_id, is_new = run.id, run.list_file is not None and run.list_file.storage_key == stored.key
        except BaseException:
            store.delete(stored.key)
            raise
        if not is_new:
            store.delete(stored.key)  # the second press of the same button
        return run_id

    @expose("/<int:id>/")
    def run_view(self, id: int) -> Any:
        """Where the run stands: read, previewed, written; the page asks again by itself while it works."""
        run = self._one(id)
        agency = db.session.get(Agency, self.actor.agency_id) or abort(404)
        outcome = run.outcome
        mails = sum(outcome.get("mails", {}).values())
        return self.render(
            "admin/imports/run.html", run=run, outcome=outcome, shown=run.shown, states=RunState, mails=mails,
            limit=agency.run_limit, form=Form(), field=_field, effect=_effect, say=say,
            value=_value, mail_word=_mail_word,
            total=outcome.get("added", 0) + outcome.get("changed", 0) + outcome.get("unchanged", 0),
            heading=_heading(run), percent=min(100, run.position * 100 // max(run.size, 1)),
            failure=say(run.failure["message"], run.failure.get("values")) if run.failure else "",
        )

    @expose("/<int:id>/write", methods=("POST",))
    def write_view(self, id: int) -> Any:
        """The very same list by the very same code, now for good."""
        run = self._one(id)
        try:
            with unit_of_work() as uow:
                import_runs.write(uow, actor=self.actor, run_id=run.id)
        except Refused as error:
            abort(409, words(error))
        return redirect(self.get_url(".run_view", id=id))

    @expose("/<int:id>/rows")
    def rows_view(self, id: int) -> Any:
        """What came of each row that is refused, changed or added, as a file."""
        run, kind = self._one(id), exporting.asked() or abort(404)
        if run.rows_file is None:
            abort(404)
        only = [name for name in request.args.getlist("only") if name in KINDS] or KINDS
        header = (
            _("Outcome"), _("Record"), _("Line"), _("Project"), _("Column"), _("Before"), _("After"),
            _("Reason"),
        )
        return exporting.answer(
            kind, name=f"import-{run.id}", header=header, rows=_rows(run.rows_file.storage_key, tuple(only))
        )

    def _one(self, id: int) -> ImportRun:
        return db.session.scalar(queries.one(self.actor, id)) or abort(404)


def _rows(key: str, only: tuple[str, ...]) -> Iterator[Row]:
    names = {"refused": _("Refused"), "changed": _("Changed"), "added": _("Added")}
    with closing(serving.store().open(key)) as file:
        for row in jobs.rows(file):
            kind = row.get("kind")
            if kind not in only:
                continue
            if kind == "refused":
                for column, reason, values in [(row["column"], row["reason"], row["values"]), *row["others"]]:
                    yield names[kind], row["record"], row["line"], "", column, "", "", say(reason, values)
                continue
            reason = " ".join(_effect(name) for name in row["effects"])
            for name, before, after in row["fields"] or [("", "", "")]:
                yield names[kind], row["record"], row["line"], row["code"], _field(name), before, after, reason


def _field(name: str) -> str:
    return str(_(FIELD_WORDS[name])) if name in FIELD_WORDS else name


def _value(name: str, text: str) -> str:
    """A fact as people read it."""
    if name in DATES and text:
        return day(date.fromisoformat(text))
    return str(_(GRANT_WORDS[GrantState(text)])) if name == "grant_state" and text in set(GrantState) else text


def _mail_word(kind: str) -> str:
    return str(_(MAIL_WORDS[Mail(kind)])) if kind in set(Mail) else kind


def _effect(name: str) -> str:
    return str(_(EFFECT_WORDS[Effect(name)])) if name in set(Effect) else name


def _heading(run: ImportRun) -> str:
    """The run in one line."""
    refused = run.outcome.get("refused", 0)
    if run.state is RunState.READING:
        return str(_("Import: the list is being read"))
    if run.state is RunState.WRITING:
        return str(_("Import: the list is being written"))
    if run.state is RunState.FAILED:
        return str(_("Import: the list cannot be taken"))
    if run.state is RunState.DONE:
        return str(_("Import: done"))
    if refused:
        return str(ngettext(
            "Import: %(num)s row is refused, the rest can go in",
            "Import: %(num)s rows are refused, the rest can go in", refused,
        ))
    return str(_("Import: no row is refused"))
