"""Projects of the agency: the list, and one project in full with what staff may do about it."""

import secrets
from datetime import date
from typing import Any

from flask import abort, request
from flask_admin import expose
from flask_babel import gettext as _
from sqlalchemy import ColumnElement, Select

from backoffice.db import db
from backoffice.domain import clock
from backoffice.domain import projects as rules
from backoffice.domain.permissions import Actor, Permission
from backoffice.domain.projects import GRANT_WORDS, GrantState, Status
from backoffice.domain.visibility import Subject
from backoffice.forms.access import EndAccessForm, GiveAccessForm, MoveAccessForm
from backoffice.forms.reports import ReportForm
from backoffice.models import Agency, Project
from backoffice.queries import (
    audit,
    confirmations,
    contacts,
    happenings,
    outbox,
    projects,
    submissions,
    tickets,
    users,
)
from backoffice.services import access, reports
from backoffice.services.reports import ReportDates
from backoffice.views import link_words, verify
from backoffice.views.admin import sheets
from backoffice.views.admin.confirming import back_to
from backoffice.views.admin.overrides import OverridePages
from backoffice.views.admin.project_bulk import FILTERS, BulkPages
from backoffice.views.admin.project_facts import FactPages, held_facts
from backoffice.views.audit_words import action, mark
from backoffice.views.exporting import Sheet

TICKETS_SHOWN = 8  # the rest is one click away
TIMELINE = 12  # events on the page; the audit trail has all of them
LIVE = {subject.value: subject for subject in (Subject.PROJECT, Subject.WEBSITE, Subject.LOGO)}


class ProjectView(FactPages, OverridePages, BulkPages):
    permissions = {
        **FactPages.fact_permissions,
        **BulkPages.bulk_permissions,
        "index_view": Permission.PROJECT_READ,
        "details_view": Permission.PROJECT_READ,
        "hide_view": Permission.PROJECT_HIDE,
        "clear_view": Permission.PROJECT_HIDE,
        "give_view": Permission.ACCESS_GRANT,
        "end_view": Permission.ACCESS_GRANT,
        "move_view": Permission.ACCESS_GRANT,
        "report_view": Permission.REPORT_MARK,
        "confirmation_view": Permission.PROJECT_READ,
    }
    column_list = ("title", "status", "end_date", "responsible")
    list_template = "admin/projects/list.html"
    list_order = projects.LIST_ORDER
    views = ("ended", "mine", "running", "all")
    confirm_template = "admin/projects/act.html"

    def scope(self, actor: Actor) -> ColumnElement[bool]:
        return projects.scope(actor)

    def today(self) -> date:
        agency = db.session.get(Agency, self.actor.agency_id) or abort(404)
        return projects.today(agency, now=clock.now())

    def listed(self, actor: Actor) -> Select[Any]:
        view, today = self.chosen(), self.today()
        statuses = self._statuses()
        if view == "ended" and not statuses:
            statuses = [Status.OPEN, Status.RETURNED]
        return projects.listed(
            actor,
            search=request.args.get("q", ""),
            statuses=statuses,
            grant_states=self._grant_states(),
            years=[int(year) for year in request.args.getlist("year") if year.isdecimal() and len(year) == 4],
            responsible_ids=[actor.user_id] if view == "mine" else (),
            ended_before=today if view == "ended" else None,
            ended_after=today if view == "running" else None,
        )

    def _statuses(self) -> list[Status]:
        return [Status(value) for value in request.args.getlist("status") if value in set(Status)]

    def _grant_states(self) -> list[GrantState]:
        return [GrantState(value) for value in request.args.getlist("grant_state") if value in set(GrantState)]

    def sheet(self) -> Sheet:
        return sheets.of_projects(self.listed(self.actor))

    def around(self, rows: Any) -> dict[str, Any]:
        today = self.today()
        status_words = {status: _(rules.STATUS_WORDS[status]) for status in Status}
        years = [year for year in request.args.getlist("year") if year.isdecimal() and len(year) == 4]
        return {
            "sentence": _("Every project of the agency: where it stands and who is responsible."),
            "views": [
                self.tab("ended", _("Ended, not submitted")), self.tab("mine", _("My projects")),
                self.tab("running", _("Running")), self.tab("all", _("All")),
            ],
            "today": today,
            "report_due": rules.report_due_on,
            "acts": self.bulk_acts(),
            "filters": [
                ("view", self.chosen()),
                *((name, value) for name, value in request.args.items(multi=True) if name in FILTERS[1:]),
            ],
            "statuses": [(status.value, status_words[status]) for status in Status],
            "grant_states": [(state.value, _(GRANT_WORDS[state])) for state in GrantState],
            "years": [(str(year), str(year)) for year in range(today.year, 2013, -1)],
            "submittable": {row.id for row in rows if projects.is_submittable(row, today=today)},
            "chips": [
                *(self.chip(status_words[status], "status", status.value) for status in self._statuses()),
                *(self.chip(_(GRANT_WORDS[s]), "grant_state", s.value) for s in self._grant_states()),
                *(self.chip(_("Call year %(year)s", year=year), "year", year) for year in years),
            ],
        }

    @expose("/<code>/")
    def details_view(self, code: str) -> Any:
        """One project: facts, submissions, people, what the public sees, history."""
        project = self._one(code)
        overrides = contacts.by_subject(db.session.scalars(contacts.active_overrides(project.id)).all())
        today = self.today()
        return self.render(
            "admin/projects/project.html",
            project=project,
            today=today,
            required=projects.results_required(project),
            submittable=projects.is_submittable(project, today=today),
            report_due=rules.report_due_on(project.end_date),
            grant_words=GRANT_WORDS,
            submissions=list(reversed(project.submissions)),
            decisions={row.submission_id: row for row in db.session.scalars(submissions.decisions(project.id))},
            accesses=project.accesses,
            came_back=outbox.came_back(
                db.session(), {row.user.email for row in project.accesses} | {row.email for row in project.contacts}
            ),
            overrides=overrides,
            public={
                row.id for row in project.contacts
                if contacts.is_public(row, overrides.get((Subject.CONTACT, row.id)))
            },
            website_trouble=link_words.website_trouble(project),
            live=[
                (Subject.PROJECT, _("Project page"), True),
                (Subject.WEBSITE, _("Website"), bool(project.website)),
                (Subject.LOGO, _("Logo"), project.logo_file_id is not None),
            ],
            subjects=Subject,
            held=held_facts(project),
            tickets=db.session.scalars(tickets.of_project(self.actor, project.id).limit(TICKETS_SHOWN)).all(),
            unlock=happenings.unlock_asked(
                db.session(), actor=self.actor, project_ids=[project.id]
            ).get(project.id),
            events=(events := db.session.scalars(audit.of_project(project.id, limit=TIMELINE)).all()),
            people=users.names(db.session(), {event.actor_id for event in events if event.actor_id}),
            action=action, mark=mark,
            here=self._url(project),
        )

    @expose("/<code>/<subject>/hide", methods=("GET", "POST"))
    def hide_view(self, code: str, subject: str) -> Any:
        project = self._one(code)
        what = LIVE.get(subject) or abort(404)
        sentences = {
            Subject.PROJECT: _("The whole project with its results vanishes from the public site at once."),
            Subject.WEBSITE: _("The link to the website vanishes from the public page at once; the rest stays."),
            Subject.LOGO: _("The logo vanishes from the public page at once; the rest stays."),
        }
        return self.hide_page(
            subject=what, subject_id=project.id, heading=project.title,
            effects=[sentences[what], _("The coordinator still works on the project as before.")],
            back=back_to(self._url(project)),
        )

    @expose("/<code>/<subject>/clear", methods=("GET", "POST"))
    def clear_view(self, code: str, subject: str) -> Any:
        project = self._one(code)
        what = LIVE.get(subject) or abort(404)
        row = db.session.scalar(contacts.active_override(what, project.id)) or abort(404)
        return self.clear_page(
            override_id=row.id, heading=project.title,
            effects=[_("It is public again at once, as the coordinator chose.")], back=back_to(self._url(project)),
        )

    @expose("/<code>/access/give", methods=("GET", "POST"))
    def give_view(self, code: str) -> Any:
        """Give a person access: the remedy of the most frequent problem, a wrong address."""
        project = self._one(code)
        form = GiveAccessForm()
        return self.confirm_page(
            form=form, button=_("Give access"), heading=project.title,
            effects=[
                _("The person gets the access mail at once, with a link to sign in."),
                _("They may edit and submit the results of this project."),
                _("Nobody loses access by this."),
            ],
            back=self._url(project), done=_("Access is given; the access mail is on its way."),
            act=lambda uow: access.grant(
                uow, actor=self.actor, project_id=project.id, email=form.email.data or "", name=form.name.data or ""
            ),
        )

    @expose("/<code>/access/<id>/end", methods=("GET", "POST"))
    def end_view(self, code: str, id: str) -> Any:
        """End a person's access: at once, everywhere."""
        project = self._one(code)
        row = next((row for row in project.accesses if str(row.id) == id and row.ended_at is None), None) or abort(404)
        form = EndAccessForm()
        return self.confirm_page(
            form=form, button=_("End access"), heading=row.user.email,
            effects=[
                _("The person is signed out at once and can no longer open this project."),
                _("They are mailed with your reason and may object by answering."),
                _("An import never brings this access back."),
            ],
            back=self._url(project), done=_("The access has ended."),
            act=lambda uow: access.end(uow, actor=self.actor, access_id=row.id, reason=form.reason.data or ""),
        )

    @expose("/<code>/access/<id>/move", methods=("GET", "POST"))
    def move_view(self, code: str, id: str) -> Any:
        """The same person with a new account or a new address: staff's act, never automatic (DOMAIN §7)."""
        project = self._one(code)
        row = next((row for row in project.accesses if str(row.id) == id and row.ended_at is None), None) or abort(404)
        form = MoveAccessForm(data={"email": request.args.get("email") or row.user.email})
        form.act_key.data = form.act_key.data or secrets.token_urlsafe(16)
        return self.confirm_page(
            form=form, button=_("Move access"), heading=row.user.email,
            effects=[
                _("With another address: the access and its mail go over to it; the former address is told."),
                _("With the same address: the EU Login account that came with it so far is let go."),
                _("The next EU Login account that comes with the address is taken as this person's."),
                _("Be sure that it is the same person, or who follows them. The reason stays in the audit trail."),
            ],
            back=self._url(project), done=_("The access was moved."),
            act=lambda uow: access.move(
                uow, actor=self.actor, access_id=row.id, email=form.email.data or "", reason=form.reason.data or "",
                act_key=form.act_key.data,
            ),
        )

    @expose("/<code>/report", methods=("GET", "POST"))
    def report_view(self, code: str) -> Any:
        """The dates of the final report: they open submission and the gate (S2, S9)."""
        project = self._one(code)
        form = ReportForm(data={
            "handed_in_on": project.report_handed_in_on, "approved_on": project.report_approved_on,
        })
        return self.confirm_page(
            form=form, button=_("Save"), title=_("Final report dates"), heading=project.title,
            effects=[
                _("Once the report is handed in, the results can be submitted, whatever the end date says."),
                _("Once the report is approved, its gate is open and reminders stop."),
                _("What you set stays when an import says otherwise; the difference is listed."),
            ],
            back=self._url(project), done=_("The dates are saved."),
            act=lambda uow: reports.mark(
                uow, actor=self.actor, project_id=project.id,
                dates=ReportDates(
                    handed_in_on=form.handed_in_on.data, approved_on=form.approved_on.data,
                    reason=form.reason.data or "",
                ),
            ),
        )

    @expose("/<code>/confirmation")
    def confirmation_view(self, code: str) -> Any:
        """That the results are approved, to print for the project's file (S2)."""
        project = self._one(code)
        found = confirmations.latest(db.session(), project) or abort(404)
        return self.render(
            "admin/projects/confirmation.html", printed_at=clock.now(), back=self._url(project), **verify.values(found)
        )

    def _one(self, code: str) -> Project:
        return db.session.scalar(projects.one(self.actor, code=code)) or abort(404)

    def _url(self, project: Project) -> str:
        return str(self.get_url(".details_view", code=project.code))
