"""What mails say about agency, project and people, as plain values read from the rows."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from zoneinfo import ZoneInfo

from sqlalchemy.orm import Session

from backoffice.config import Settings
from backoffice.domain import projects
from backoffice.models import Agency, Project, SubmissionItem, User
from backoffice.queries import projects as queries
from backoffice.queries import texts
from backoffice.services.outbox import Recipient
from backoffice.services.texts import Wording

TITLE_MAX = 90  # characters of a title in a subject


class Outdated(Exception):
    """What the mail is about is no longer so: it must not be sent."""


@dataclass(frozen=True, slots=True, kw_only=True)
class To:
    """The one person who is written to."""

    email: str
    language: str
    name: str = ""
    is_staff: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class AgencyFacts:
    """Who writes; `helpdesk` is where answers go."""

    name: str
    helpdesk: str
    phone: str
    clause: str
    sender_name: str
    base_url: str
    by_eu_login: bool  # coordinators sign in with EU Login alone
    wordings: Mapping[str, Wording] = field(default_factory=dict)  # mail → the agency's own words for it


@dataclass(frozen=True, slots=True, kw_only=True)
class Specialist:
    """The responsible specialist, else the agency itself (S17)."""

    name: str
    email: str
    phone: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ProjectFacts:
    """A project as of the agency's day."""

    agency: AgencyFacts
    specialist: Specialist
    code: str
    title: str
    my_url: str
    review_url: str
    public_url: str
    today: date
    end_date: date | None
    report_due_on: date | None
    report_handed_in_on: date | None
    grant_state: str
    due_on: date | None
    submittable_from: date | None
    is_submittable: bool
    are_results_required: bool
    is_anything_public: bool  # an approved submission stands
    time_zone: str

    @property
    def short_title(self) -> str:
        """For a subject."""
        return self.title if len(self.title) <= TITLE_MAX else self.title[: TITLE_MAX - 1].rstrip() + "…"

    @property
    def is_over(self) -> bool:
        return self.end_date is not None and self.end_date < self.today

    def local(self, instant: datetime) -> datetime:
        """An instant as the agency's clocks show it."""
        return instant.astimezone(ZoneInfo(self.time_zone))


@dataclass(frozen=True, slots=True, kw_only=True)
class ItemFacts:
    """An item of a submission, named as the coordinator knows it; number 0 is the final summary."""

    key: str
    number: int
    title: str
    do_not_publish: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """A comment about one item."""

    item: ItemFacts
    comment: str


def of_agency(session: Session, agency: Agency | None, *, settings: Settings, language: str) -> AgencyFacts:
    """In the reader's language; the settings stand in for what no agency says."""
    own = texts.of_mails(session, agency_id=agency.id, language=language) if agency else []
    name = (agency.name_lv if agency and language == "lv" else "") or (agency.name if agency else "")
    return AgencyFacts(
        name=name,
        helpdesk=(agency.helpdesk_address if agency else "") or settings.helpdesk_address,
        phone=agency.phone if agency else "",
        clause=agency.legal_clause if agency else "I.9.2",
        sender_name=(agency.sender_name if agency else "") or name,
        base_url=settings.public_base_url,
        by_eu_login=settings.is_oidc_set,
        wordings={row.key.removeprefix("mail-"): Wording(subject=row.subject, body=row.body) for row in own},
    )


def of_project(session: Session, project: Project, *, settings: Settings, language: str, now: datetime) -> ProjectFacts:
    agency, base = project.agency, settings.public_base_url
    today = queries.today(agency, now=now)
    facts = queries.facts(project, today=today)
    written_by = of_agency(session, agency, settings=settings, language=language)
    return ProjectFacts(
        agency=written_by,
        specialist=_specialist(session, project, agency=written_by),
        code=project.code,
        title=project.title,
        my_url=f"{base}/my/{project.code}/",
        review_url=f"{base}/admin/review/{project.code}/",
        public_url=f"{base}/projects/{project.code}",
        today=today,
        end_date=project.end_date,
        report_due_on=projects.report_due_on(project.end_date),
        report_handed_in_on=project.report_handed_in_on,
        grant_state=project.grant_state.value,
        due_on=project.due_on,
        submittable_from=projects.submittable_from(facts),
        is_submittable=projects.submittable(facts),
        are_results_required=queries.results_required(project),
        is_anything_public=project.published_submission_id is not None,
        time_zone=agency.time_zone,
    )


def recipient(session: Session, to: Recipient) -> To:
    """With the name, as far as the address belongs to an account."""
    user = session.get(User, to.user_id) if to.user_id else None
    return To(email=to.email, language=to.language, name=user.name if user else "")


def items(found: list[SubmissionItem]) -> Mapping[str, ItemFacts]:
    """By their keys, numbered as they stand; the final summary has no number."""
    numbers = iter(range(1, len(found) + 1))
    return {
        item.key: ItemFacts(
            key=item.key, number=next(numbers) if item.result_id is not None else 0, title=item.title,
            do_not_publish=item.do_not_publish,
        )
        for item in found
    }


def _specialist(session: Session, project: Project, *, agency: AgencyFacts) -> Specialist:
    user = session.get(User, project.responsible_id) if project.responsible_id else None
    if user is None or user.deactivated_at is not None:
        return Specialist(
            name=agency.name, email=project.agency.review_address or agency.helpdesk, phone=agency.phone
        )
    return Specialist(name=user.name or user.email, email=user.email, phone=user.phone or agency.phone)
