"""What each list of the back-office says as a file: its columns, in the words of its page."""

from collections.abc import Iterator, Sequence

from flask import current_app
from flask_babel import gettext as _
from sqlalchemy import Select, select

from backoffice.db import db
from backoffice.domain import clock
from backoffice.domain.inbound import CAUSE_WORDS
from backoffice.domain.permissions import ROLE_WORDS, Role
from backoffice.domain.projects import STATUS_WORDS
from backoffice.domain.results import TYPE_WORDS
from backoffice.domain.tickets import STATE_WORDS
from backoffice.domain.visibility import OverrideKind, Subject
from backoffice.models import (
    Agency,
    ApiToken,
    AuditEvent,
    Contact,
    LostMail,
    OutboxRow,
    Override,
    Project,
    Result,
    Ticket,
    User,
)
from backoffice.queries import audit, contacts, exports, projects, published, queue, users
from backoffice.queries import results as result_queries
from backoffice.storage.sheets import Row
from backoffice.views.admin import review_facts, ticket_words
from backoffice.views.audit_words import action, details
from backoffice.views.exporting import Sheet


def of_projects(query: Select[Project]) -> Sheet:
    """The Commission's columns, and what the agency knows beside them; an import reads the file again."""
    session, base = db.session(), str(current_app.config["SETTINGS"].public_base_url)
    at, partners = published.moment(session, now=clock.now()), exports.most_partners(session, query)

    def rows(batch: Sequence[Project]) -> Iterator[Row]:
        yield from exports.rows(session, batch, at=at, base=base, partners=partners, is_staff=True)

    return Sheet(header=exports.header(partners=partners, is_staff=True), rows=rows)


def of_queue(agency: Agency) -> Sheet:
    """The review queue: who waits, since when, and who looks at it."""
    today = projects.today(agency, now=clock.now())

    def rows(batch: Sequence[Project]) -> Iterator[Row]:
        ids = [row.id for row in batch]
        pulses = queue.pulses(db.session(), ids)
        claims = queue.claims(db.session(), ids, now=clock.now())
        for row in batch:
            pulse, claim = pulses.get(row.id), claims.get(row.id)
            yield (
                row.code, row.title, row.organisation, _(STATUS_WORDS[row.status]), row.waiting_since_at,
                review_facts.age(row.waiting_since_at, agency=agency, today=today).days,
                pulse.number if pulse else None, pulse.results if pulse else None, row.end_date,
                row.report_handed_in_on, row.due_on, _person(row.responsible), _person(claim.user if claim else None),
            )

    return Sheet(header=(
        _("Code"), _("Project"), _("Coordinator"), _("Status"), _("Waiting since"), _("Working days"),
        _("Submission"), _("Results"), _("End of the project"), _("Report handed in"), _("Due date"),
        _("Responsible"), _("Claimed by"),
    ), rows=rows)


def of_results() -> Sheet:
    def rows(batch: Sequence[Result]) -> Iterator[Row]:
        ids = [row.id for row in batch]
        hidden = _overrides(Subject.RESULT, ids)
        public = set(db.session.scalars(result_queries.published_ids(ids)))
        for row in batch:
            override = hidden.get(row.id)
            yield (
                row.id, row.project.code, row.project.title, row.title, row.description,
                _(TYPE_WORDS[row.type]) if row.type else "", ", ".join(row.languages), row.link,
                _(STATUS_WORDS[row.project.status]), _yes(row.id in public and override is None),
                _yes(row.do_not_publish), row.do_not_publish_reason, override.reason if override else "",
            )

    return Sheet(header=(
        _("Number"), _("Code"), _("Project"), _("Result"), _("Description in English"), _("Type"), _("Languages"),
        _("Link"), _("Status"), _("Public now"), _("Do not publish"), _("Reason"), _("Hidden by the agency"),
    ), rows=rows)


def of_contacts() -> Sheet:
    def rows(batch: Sequence[Contact]) -> Iterator[Row]:
        overrides = _overrides(Subject.CONTACT, [row.id for row in batch])
        for row in batch:
            override = overrides.get(row.id)
            kind = {OverrideKind.HIDE: _("Hidden"), OverrideKind.SHOW: _("Shown")}
            yield (
                row.project.code, row.project.title, row.name, row.email, row.phone, row.role,
                _yes(row.coordinator_public), kind[override.kind] if override else "",
                override.reason if override else "", _yes(contacts.is_public(row, override)),
            )

    return Sheet(header=(
        _("Code"), _("Project"), _("Person"), _("Email"), _("Phone"), _("Role"), _("Coordinator's choice"),
        _("Override"), _("Reason"), _("Public now"),
    ), rows=rows)


def of_audit() -> Sheet:
    def rows(batch: Sequence[AuditEvent]) -> Iterator[Row]:
        people = _people({row.actor_id for row in batch if row.actor_id})
        codes = _codes({row.project_id for row in batch if row.project_id})
        personal: dict[int, list[str]] = {}
        for value in db.session.scalars(audit.personal_of([row.id for row in batch])):
            personal.setdefault(value.event_id, []).append(value.value)
        for row in batch:
            yield (
                row.at, action(row.action), row.action, people.get(row.actor_id or 0) or _("the system"),
                codes.get(row.project_id or 0, ""), row.subject, "; ".join(personal.get(row.id, ())),
                "; ".join(f"{name}: {value}" for name, value in details(row.details)),
            )

    return Sheet(header=(
        _("When"), _("What happened"), _("Action"), _("Who"), _("Project"), _("About"), _("Personal values"),
        _("Details"),
    ), rows=rows)


def of_tickets() -> Sheet:
    """Facts of the tickets; what people wrote stays on their pages."""
    def rows(batch: Sequence[Ticket]) -> Iterator[Row]:
        codes = _codes({row.project_id for row in batch if row.project_id})
        people = _people({row.assignee_id for row in batch if row.assignee_id})
        for row in batch:
            yield (
                row.number, row.subject, row.requester_name, row.requester_email, codes.get(row.project_id or 0, ""),
                _(STATE_WORDS[row.state]), ticket_words.category(row.category), people.get(row.assignee_id or 0, ""),
                row.created_at, row.first_answered_at, row.answer_due_at, row.solved_at, row.closed_at,
            )

    return Sheet(header=(
        _("Number"), _("Subject"), _("Name"), _("Email"), _("Project"), _("State"), _("Category"), _("Assigned to"),
        _("Opened"), _("First answer"), _("Answer due"), _("Solved"), _("Closed"),
    ), rows=rows)


def of_lost_mails() -> Sheet:
    def rows(batch: Sequence[LostMail]) -> Iterator[Row]:
        codes = _codes({row.project_id for row in batch if row.project_id})
        for row in batch:
            yield (
                row.received_at, row.sender, row.sender_name, row.subject, _(CAUSE_WORDS[row.cause].short),
                row.detail, codes.get(row.project_id or 0, ""), row.size, row.settled_at,
            )

    return Sheet(header=(
        _("Received"), _("Email"), _("Name"), _("Subject"), _("Cause"), _("Details"), _("Project"), _("Size"),
        _("Settled"),
    ), rows=rows)


def of_users() -> Sheet:
    def rows(batch: Sequence[User]) -> Iterator[Row]:
        for row in batch:
            yield (
                row.name, row.email, row.phone, _(ROLE_WORDS[Role(row.role.value)]) if row.role else "",
                row.last_sign_in_at, _yes(bool(row.totp_secret)), row.deactivated_at,
            )

    return Sheet(header=(
        _("Person"), _("Email"), _("Phone"), _("Role"), _("Last sign-in"), _("Second factor"), _("Deactivated"),
    ), rows=rows)


def of_outbox() -> Sheet:
    def rows(batch: Sequence[OutboxRow]) -> Iterator[Row]:
        codes = _codes({row.project_id for row in batch if row.project_id})
        for row in batch:
            yield (
                row.id, row.kind.value, row.to, row.language, row.state.value, codes.get(row.project_id or 0, ""),
                row.subject, row.created_at, row.due_at, row.sent_at, row.attempts, row.failure,
            )

    return Sheet(header=(
        _("Number"), _("Mail"), _("To"), _("Language"), _("State"), _("Project"), _("Subject"), _("Written"),
        _("Due date"), _("Sent"), _("Attempts"), _("Failure"),
    ), rows=rows)


def of_tokens() -> Sheet:
    def rows(batch: Sequence[ApiToken]) -> Iterator[Row]:
        for row in batch:
            yield row.name, ", ".join(row.scopes), row.created_at, row.last_used_at, row.revoked_at

    return Sheet(
        header=(_("Name of the system"), _("What it opens"), _("Made"), _("Last use"), _("Revoked")), rows=rows
    )


def _yes(value: bool) -> str:
    return str(_("yes") if value else _("no"))


def _person(user: User | None) -> str:
    return (user.name or user.email) if user else ""


def _people(ids: set[int]) -> dict[int, str]:
    return users.names(db.session(), ids)


def _codes(ids: set[int]) -> dict[int, str]:
    query = select(Project.id, Project.code).where(Project.id.in_(ids)).order_by(Project.id)
    return {row.id: row.code for row in db.session.execute(query)}


def _overrides(subject: Subject, ids: Sequence[int]) -> dict[int, Override]:
    return {row.subject_id: row for row in db.session.scalars(contacts.active_of(subject, ids))}
