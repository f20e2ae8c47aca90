"""The expectations of the access matrix: one line for each route, one column for each role."""

import io
import re
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from flask import Flask, current_app, url_for
from sqlalchemy import ColumnElement, select
from sqlalchemy.orm import InstrumentedAttribute
from werkzeug.routing import Rule
from werkzeug.test import TestResponse

from backoffice.db import db
from backoffice.domain import clock
from backoffice.domain.permissions import Role
from backoffice.domain.visibility import Subject
from backoffice.jobs import import_runs as jobs
from backoffice.models import (
    Agency,
    ApiToken,
    Contact,
    ImportDifference,
    LostMail,
    MutedList,
    OutboxRow,
    Project,
    Result,
    StoredFile,
    TicketAttachment,
    TicketMessage,
)
from backoffice.services import import_runs, overrides, reports, tokens
from backoffice.services.uow import unit_of_work
from tests import factories
from tests.factories import reviews, tickets
from tests.support import letters

OK = (200, 302, 303, 304, 400, 409, 412, 422)  # 412: no version of tus was named


class Who(StrEnum):
    """In the order of the columns."""

    ANON = "nobody is signed in"
    OWN = "coordinator of the project"
    OTHER = "coordinator of another project"
    SPEC = "specialist of the agency"
    HELP = "helpdesk of the agency"
    ADMIN = "admin of the agency"
    PLAT = "platform admin"
    FOREIGN = "specialist of another agency"
    BOTH = "specialist with access to the project"


# not-yet: there is nothing before an approval; who sees it then is tried in test_confirmations.py.
# ok: served, or refused for what the form says (200, 302, 400, 409, 422); login: sent to sign in first.
KINDS = """
                ANON  OWN   OTHER SPEC  HELP  ADMIN PLAT  FOREIGN BOTH
everyone        ok    ok    ok    ok    ok    ok    ok    ok      ok
bearer          401   401   401   401   401   401   401   401     401
nothing-there   404   404   404   404   404   404   404   404     404
not-yet         login 404   404   404   404   404   404   404     404
own             login ok    404   404   404   404   404   404     ok
access          login ok    ok    404   404   404   404   404     ok
signed-in       login ok    ok    ok    ok    ok    ok    ok      ok
staff-list      login 404   404   ok    ok    ok    404   ok      ok
staff-row       login 404   404   ok    ok    ok    404   404     ok
specialist-row  login 404   404   ok    403   ok    404   404     ok
admin-row       login 404   404   403   403   ok    404   403     403
specialist-list login 404   404   ok    403   ok    404   ok      ok
admin-only      login 404   404   404   404   ok    404   404     404
helpdesk-row    login 404   404   403   ok    ok    404   403     403
own-ticket      login ok    404   404   404   404   404   404     404
platform-only   login 404   404   404   404   404   ok    404     404
own-or-admin    login 404   404   403   ok    ok    404   404     403
any-staff       login 404   404   ok    ok    ok    ok    ok      ok
"""
ROUTES = """
admin.index                 GET       staff-list
account.data_json           GET       signed-in
account.data_zip            GET       signed-in
account.end_sessions        POST      signed-in
account.index               GET,POST  signed-in
agencies.admin_view         GET,POST  platform-only
agencies.index              GET       platform-only
agencies.new_view           GET,POST  platform-only
api.gate                    GET       bearer
api.gates                   GET       bearer
api.openapi                 GET       everyone
api.report                  PUT       bearer
audit.index_view            GET       staff-list
auth.forgot                 GET,POST  everyone
auth.invite                 GET,POST  nothing-there
auth.login                  GET,POST  everyone
auth.logout                 POST      everyone
auth.terms                  GET,POST  everyone
contact.show                GET,POST  nothing-there
contacts.clear_view         GET,POST  staff-row
contacts.hide_view          GET,POST  staff-row
contacts.history_view       GET       staff-row
contacts.index_view         GET       staff-list
contacts.show_view          GET,POST  staff-row
coordinator.access          GET,POST  own
coordinator.answer          GET,POST  own
coordinator.answer_question GET,POST  own
coordinator.confirmation    GET       not-yet
coordinator.contact         GET,POST  own
coordinator.delete_result   GET,POST  own
coordinator.end_access      GET,POST  own
coordinator.discard_upload  GET,POST  own
coordinator.file            GET       own
coordinator.hand_over       GET,POST  own
coordinator.index           GET       signed-in
coordinator.live            GET,POST  own
coordinator.logo            GET       own
coordinator.move_result     GET,POST  own
coordinator.new_contact     GET,POST  own
coordinator.new_result      GET,POST  own
coordinator.project         GET       own
coordinator.receipt         GET       own
coordinator.remove_contact  GET,POST  own
coordinator.remove_file     GET,POST  own
coordinator.reopen          GET,POST  own
coordinator.restore_file    GET,POST  own
coordinator.restore_result  GET,POST  own
coordinator.result          GET,POST  own
coordinator.submit          GET,POST  own
coordinator.summary         GET,POST  own
coordinator.switch_contact  GET,POST  own
eu.back                     GET       nothing-there
eu.begin                    GET       nothing-there
eu.ended                    GET       everyone
eu.refused                  GET       everyone
factor.code                 GET,POST  everyone
factor.done                 POST      everyone
factor.enrol                GET,POST  everyone
drafts.discard              POST      signed-in
drafts.keep                 POST      everyone
feeds.feed                  GET       everyone
feeds.project               GET       everyone
feeds.projects              GET       everyone
feeds.robots                GET       everyone
feeds.sitemap               GET       everyone
figures.index               GET       staff-list
guide.show                  GET       everyone
health.healthz              GET       everyone
health.readyz               GET       everyone
metrics.metrics             GET       nothing-there
lost_mails.accept_view      POST      helpdesk-row
lost_mails.again_view       POST      helpdesk-row
lost_mails.done_view        POST      helpdesk-row
lost_mails.index_view       GET       staff-list
lost_mails.mute_view        POST      helpdesk-row
lost_mails.raw_view         GET       staff-row
lost_mails.unmute_view      POST      helpdesk-row
help.file                   GET       own-ticket
help.index                  GET       everyone
help.new                    GET,POST  everyone
help.sent                   GET       everyone
help.solved                 POST      own-ticket
help.ticket                 GET,POST  own-ticket
imports.index               GET,POST  admin-only
imports.rows_view           GET       admin-only
imports.run_view            GET       admin-only
imports.write_view          POST      admin-only
legal.accessibility         GET       everyone
legal.privacy               GET       everyone
legal.terms                 GET       everyone
needs.address_view          POST      helpdesk-row
needs.again_view            POST      helpdesk-row
needs.end_date_view         POST      specialist-row
needs.give_view             POST      helpdesk-row
needs.index                 GET       staff-list
needs.keep_view             POST      specialist-row
needs.required_view         POST      specialist-row
needs.take_view             POST      specialist-row
outbox.again_view           GET,POST  helpdesk-row
outbox.held_view            GET,POST  admin-row
outbox.index_view           GET       staff-list
outbox.mail_view            GET       staff-row
permissions.index           GET       any-staff
persons.erase_view          GET,POST  admin-only
persons.index               GET       admin-only
projects.bulk_access_view   GET,POST  helpdesk-row
projects.bulk_assign_view   GET,POST  specialist-list
projects.bulk_hide_view     GET,POST  specialist-list
projects.bulk_remind_view   GET,POST  specialist-list
projects.bulk_report_view   GET,POST  specialist-list
projects.clear_view         GET,POST  specialist-row
projects.confirmation_view  GET       not-yet
projects.dates_view         GET,POST  specialist-row
projects.details_view       GET       staff-row
projects.end_view           GET,POST  helpdesk-row
projects.give_view          GET,POST  helpdesk-row
projects.grant_view         GET,POST  specialist-row
projects.hide_view          GET,POST  specialist-row
projects.index_view         GET       staff-list
projects.marks_view          GET,POST  specialist-row
projects.move_view          GET,POST  helpdesk-row
projects.release_view       GET,POST  specialist-row
projects.report_view        GET,POST  specialist-row
projects.required_view      GET,POST  specialist-row
projects.responsible_view   GET,POST  specialist-row
public.download             GET       nothing-there
public.file                 GET       nothing-there
public.logo                 GET       everyone
public.project              GET       everyone
public.projects             GET       everyone
public.start                GET       everyone
results.clear_view          GET,POST  specialist-row
results.hide_view           GET,POST  specialist-row
results.index_view          GET       staff-list
review.approve_view         GET,POST  specialist-row
review.ask_view             GET,POST  specialist-row
review.claim_next_view      POST      specialist-list
review.claim_view           POST      specialist-row
review.decline_view         GET,POST  specialist-row
review.file_view            GET       staff-row
review.index_view           GET       staff-list
review.judge_view           POST      specialist-row
review.keep_view            POST      specialist-row
review.note_view            POST      specialist-row
review.page_view            GET       staff-row
review.pass_view            POST      specialist-row
review.release_view         POST      specialist-row
review.return_view          GET,POST  specialist-row
review.settle_view          POST      specialist-row
review.take_over_view       POST      specialist-row
review.undo_view            GET,POST  specialist-row
review.unlock_view          GET,POST  specialist-row
settings.index              GET,POST  admin-only
sitting.left                GET       everyone
sitting.stay                POST      signed-in
static                      GET       nothing-there
tickets.black_out_view      GET,POST  helpdesk-row
tickets.bulk_view           GET,POST  helpdesk-row
tickets.cure_view           GET,POST  helpdesk-row
tickets.draft_view          POST      staff-row
tickets.explain_view        POST      helpdesk-row
tickets.file_view           GET       staff-row
tickets.index_view          GET       staff-list
tickets.live_view           GET       staff-row
tickets.mail_view           GET       staff-row
tickets.merge_view          GET,POST  helpdesk-row
tickets.new_view            GET,POST  helpdesk-row
tickets.page_view           GET       staff-row
tickets.project_view        POST      helpdesk-row
tickets.route_view          GET,POST  helpdesk-row
tickets.send_now_view       POST      helpdesk-row
tickets.sort_view           POST      helpdesk-row
tickets.state_view          POST      helpdesk-row
tickets.take_back_view      POST      helpdesk-row
tickets.take_view           POST      helpdesk-row
tickets.write_view          POST      staff-row
texts.delete_reply_view     GET,POST  admin-only
texts.edit_view             GET,POST  admin-only
texts.index                 GET       admin-only
texts.mail_view             GET,POST  admin-only
texts.move_reply_view       POST      admin-only
texts.new_reply_view        GET,POST  admin-only
texts.reply_view            GET,POST  admin-only
theme.static                GET       everyone
tokens.index_view           GET       admin-only
tokens.new_view             GET,POST  admin-only
tokens.revoke_view          GET,POST  admin-only
uploads.create              POST      access
uploads.piece               DELETE,PATCH,POST access
users.absence_view          GET,POST  own-or-admin
users.deactivate_view       GET,POST  admin-row
users.index_view            GET       staff-list
users.new_view              GET,POST  admin-row
users.reset_view            GET,POST  admin-row
users.role_view             GET,POST  admin-row
verify.index                GET       everyone
verify.show                 GET       nothing-there
"""
_KINDS = {
    kind: dict(zip(Who, answers, strict=True))
    for kind, *answers in (line.split() for line in KINDS.strip().splitlines()[1:])
}
TABLE: dict[tuple[str, str], dict[Who, str]] = {
    (endpoint, method): _KINDS[kind]
    for endpoint, methods, kind in (line.split() for line in ROUTES.strip().splitlines())
    for method in methods.split(",")
}
# A read that leaves a mark of its own, each in a unit of work of its own (DESIGN §3, 3).
WRITTEN_BY_READS: frozenset[str] = frozenset()
# Writes that carry another proof than a form's token: a bearer token, or the mark of a form.
NO_TOKEN: frozenset[str] = frozenset({"api.report", "drafts.keep"})
# GET shows what will happen, POST does it.
CONFIRM_PAGES = re.compile(r"^/admin/(contacts|results|projects|review|texts|users)/|^/my/.*/(delete|remove)$")
# What a rule is asked for beside its path.
QUERIES: dict[str, str] = {"imports.rows_view": "?format=csv"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Scene:
    """One project under review and everybody who might come near it."""

    emails: dict[Who, str]
    arguments: dict[str, str | int]
    words: tuple[str, ...]  # that only those who may read the project can know


def scene() -> Scene:
    review = reviews.scene()
    project_id, agency_id = review.project_id, review.agency_id
    contact_id = factories.contact(project_id=project_id)
    reviews.submit(review)
    hidden = {Subject.CONTACT: contact_id, Subject.RESULT: review.result_ids[1], Subject.WEBSITE: project_id}
    with unit_of_work() as uow:
        for subject, subject_id in hidden.items():
            overrides.hide(
                uow, actor=review.specialist.actor, subject=subject, subject_id=subject_id, reason="By mistake."
            )
        day = clock.day_of(uow.now, time_zone="Europe/Riga")
        reports.mark(
            uow, actor=review.specialist.actor, project_id=project_id,
            dates=reports.ReportDates(handed_in_on=day, approved_on=day),
        )
    other = factories.project(agency_id=agency_id)
    both = factories.staff(Role.SPECIALIST, agency_id=agency_id)
    factories.access(user_id=both.user_id, project_id=project_id)
    ticket = tickets.ticket(
        email=review.coordinator.email, project_id=project_id,
        files=[factories.screenshot(name="what-the-ticket-shows.png")],
    )
    lost_id, muted_id, message_id = _lost_mail(agency_id, ticket_id=ticket.id)
    helpdesk = factories.staff(Role.HELPDESK, agency_id=agency_id)
    access_id = factories.access(user_id=factories.person().user_id, project_id=project_id)
    with unit_of_work() as uow:
        row = ImportDifference(
            project_id=project_id, field="report_approved_on", ours=str(day), theirs="2020-01-01", seen_at=uow.now
        )
        uow.session.add(row)
        uow.session.flush()
        difference_id = row.id
    people = {
        Who.OWN: review.coordinator,
        Who.OTHER: factories.coordinator(other),
        Who.SPEC: review.specialist,
        Who.HELP: helpdesk,
        Who.ADMIN: factories.staff(Role.AGENCY_ADMIN, agency_id=agency_id),
        Who.PLAT: factories.staff(Role.PLATFORM_ADMIN, agency_id=None),
        Who.FOREIGN: review.stranger,
        Who.BOTH: both,
    }
    return Scene(
        emails={who: person.email for who, person in people.items()},
        arguments={
            "access_id": access_id,
            "agencies.code": _first(Agency.code, Agency.id == agency_id),
            "code": _first(Project.code, Project.id == project_id),
            "contact_id": contact_id,
            "coordinator.logo.file_id": factories.logo(project_id=project_id),
            "contacts.id": contact_id,
            "file_id": _first(StoredFile.id, StoredFile.result_id == review.result_ids[0]),
            "field": "report_handed_in_on",
            "filename": "look.css",
            "help.attachment_id": _first(TicketAttachment.id, TicketAttachment.id > 0),
            "help.number": ticket.number,
            "imports.id": _import(people[Who.ADMIN]),
            "key": "terms",
            "n": 1,
            "needs.id": factories.access(user_id=factories.person().user_id, project_id=project_id),
            "needs.keep_view.id": difference_id,
            "needs.take_view.id": difference_id,
            "number": 1,
            "outbox.id": _first(OutboxRow.id, OutboxRow.project_id == project_id),
            "projects.id": access_id,
            # Its POST needs no word, so it ends the access; the other acts still need theirs.
            "projects.end_view.id": factories.access(user_id=factories.person().user_id, project_id=project_id),
            "result_id": review.result_ids[0],
            "results.id": review.result_ids[1],
            "subject": "website",
            "lost_mails.id": lost_id,
            "muted_id": muted_id,
            "tickets.mail_view.message_id": message_id,
            "message_id": tickets.reply(ticket.id, by=helpdesk.actor),
            "tickets.file_id": _first(StoredFile.id, StoredFile.name == "what-the-ticket-shows.png"),
            "texts.kind": "access",
            "texts.id": tickets.canned_reply(agency_id=agency_id),
            "ticket_id": ticket.id,
            "tickets.kind": "give-access",
            "tickets.number": ticket.number,
            "upload_key": "none",
            "users.id": people[Who.HELP].user_id,
            "token": "no-such-token",
            "tokens.id": _token(agency_id),
        },
        words=(
            _first(Project.code, Project.id == project_id),
            _first(Result.title, Result.id == review.result_ids[0]),
            _first(Contact.email, Contact.id == contact_id),
            _first(StoredFile.name, StoredFile.result_id == review.result_ids[0]),
            review.coordinator.email,
            review.specialist.email,
            ticket.subject,
        ),
    )


def _lost_mail(agency_id: int, *, ticket_id: int) -> tuple[int, int, int]:
    """A mail that waits, a list that was put aside, and a message of the ticket that came by mail."""
    address = _first(Agency.helpdesk_address, Agency.id == agency_id)
    letters.arrives(letters.mail(to=address, List_Id="<news.list.example>"))
    with unit_of_work() as uow:
        lost = uow.session.scalars(select(LostMail).where(LostMail.agency_id == agency_id)).one()
        muted = MutedList(agency_id=agency_id, key="other.list.example", created_at=uow.now)
        uow.session.add(muted)
        message = uow.session.scalars(select(TicketMessage).where(TicketMessage.ticket_id == ticket_id)).one()
        message.raw_file_id = lost.raw_file_id
        uow.session.flush()
        return lost.id, muted.id, message.id


def _token(agency_id: int) -> int:
    with unit_of_work() as uow:
        agency = uow.session.get_one(Agency, agency_id)
        tokens.create(uow, actor=None, agency=agency, name="Grants", scopes=(tokens.Scope.GATE_READ,))
    return int(_first(ApiToken.id, ApiToken.agency_id == agency_id))


def _import(admin: factories.Person) -> int:
    stored = current_app.extensions["store"].put(io.BytesIO(b"Project Identifier\n"), name="list.csv")
    with unit_of_work() as uow:
        run_id = import_runs.start(uow, actor=admin.actor, list_=stored, name="list.csv").id
    jobs.work(run_id)
    return run_id


def _first(column: InstrumentedAttribute[Any], condition: ColumnElement[bool]) -> Any:
    """The newest, where there are several: that of this scene."""
    value = db.session.scalar(select(column).where(condition).order_by(column.desc()).limit(1))
    db.session.rollback()
    assert value is not None
    return value


def rules(app: Flask) -> Iterator[tuple[Rule, str]]:
    """Every rule with every method that is its own."""
    for rule in sorted(app.url_map.iter_rules(), key=lambda rule: (rule.endpoint, rule.rule)):
        for method in sorted((rule.methods or set()) - {"HEAD", "OPTIONS"}):
            yield rule, method


def url(app: Flask, rule: Rule, scene: Scene) -> str:
    """The address of the scene's project; a rule with an argument that the scene does not know fails here."""
    with app.test_request_context():
        path = url_for(rule.endpoint, **{name: _argument(rule, name, scene) for name in rule.arguments})
    return path + QUERIES.get(rule.endpoint, "").format(**scene.arguments)


def _argument(rule: Rule, name: str, scene: Scene) -> str | int:
    """`id` means another thing in each part of the site: as the route calls it, as its part, as all do."""
    names = (f"{rule.endpoint}.{name}", f"{rule.endpoint.split('.')[0]}.{name}", name)
    return next(scene.arguments[name] for name in names if name in scene.arguments)


def word(response: TestResponse) -> str:
    """An answer as the table says it."""
    if response.status_code in (302, 303) and response.headers["Location"].startswith("/login?next="):
        return "login"
    return "ok" if response.status_code in OK else str(response.status_code)
