"""What the public sees of a project in review, and what it would see after an approval (DOMAIN §5)."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy.orm import Session

from backoffice.domain.projects import PublicationRule
from backoffice.domain.visibility import (
    OverrideKind,
    Subject,
    Withheld,
    live_fact_is_public,
    project_is_public,
    why_withheld,
)
from backoffice.models import Override, Submission, SubmissionItem
from backoffice.queries import contacts
from backoffice.queries.standing import Standing


@dataclass(frozen=True, slots=True, kw_only=True)
class Prospect:
    """What becomes of one result in public by an approval."""

    item: SubmissionItem
    withheld: Withheld | None
    override: Override | None
    is_new: bool  # not in the publication that stands now
    is_changed: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Outlook:
    """What the public sees now, and what it would see after an approval (DOMAIN §5)."""

    is_project_public: bool
    is_website_public: bool
    is_logo_public: bool
    public_contacts: list[str]
    private_contacts: list[str]
    published: Submission | None
    public_now: list[SubmissionItem]
    prospects: list[Prospect]
    gone: list[SubmissionItem]  # public now, in the submission no longer

    @property
    def will_be_public(self) -> list[Prospect]:
        return [row for row in self.prospects if row.withheld is None]

    @property
    def will_not(self) -> list[Prospect]:
        return [row for row in self.prospects if row.withheld is not None]


def outlook(session: Session, case: Standing) -> Outlook:
    """From the rules of `domain.visibility`, for the submission under review."""
    project = case.project
    overrides = contacts.by_subject(session.scalars(contacts.active_overrides(project.id)).all())
    is_public = project_is_public(
        today=case.today, start_date=project.start_date, grant_state=project.grant_state,
        override=_kind(overrides.get((Subject.PROJECT, project.id))),
    )
    published = session.get(Submission, project.published_submission_id) if project.published_submission_id else None
    items = [view.item for view in case.results]
    standing_items = [item for item in published.items if item.result_id is not None] if published else []
    public_now = [
        item for item in standing_items if _withheld(item, case, is_public=is_public, overrides=overrides) is None
    ]
    before = {item.key: item.digest for item in public_now}
    shown = {
        contact: contacts.is_public(contact, overrides.get((Subject.CONTACT, contact.id)))
        for contact in project.contacts
    }
    return Outlook(
        is_project_public=is_public,
        is_website_public=live_fact_is_public(
            is_project_public=is_public, has_value=bool(project.website),
            override=_kind(overrides.get((Subject.WEBSITE, project.id))),
        ),
        is_logo_public=live_fact_is_public(
            is_project_public=is_public, has_value=project.logo_file_id is not None,
            override=_kind(overrides.get((Subject.LOGO, project.id))),
        ),
        public_contacts=[contact.name or contact.email for contact, is_shown in shown.items() if is_shown],
        private_contacts=[contact.name or contact.email for contact, is_shown in shown.items() if not is_shown],
        published=published,
        public_now=public_now,
        prospects=[
            Prospect(
                item=item, withheld=_withheld(item, case, is_public=is_public, overrides=overrides),
                override=overrides.get((Subject.RESULT, item.result_id or 0)), is_new=item.key not in before,
                is_changed=item.key in before and before[item.key] != item.digest,
            )
            for item in items
        ],
        gone=_gone(public_now, items),
    )


def _kind(override: Override | None) -> OverrideKind | None:
    return override.kind if override else None


def _withheld(
    item: SubmissionItem, case: Standing, *, is_public: bool, overrides: dict[tuple[Subject, int], Override]
) -> Withheld | None:
    rule: PublicationRule = case.project.agency.publication_rule
    return why_withheld(
        is_project_public=is_public, do_not_publish=item.do_not_publish,
        override=_kind(overrides.get((Subject.RESULT, item.result_id or 0))), rule=rule,
        is_report_approved=case.project.report_approved_on is not None,
    )


def _gone(public_now: Sequence[SubmissionItem], items: Sequence[SubmissionItem]) -> list[SubmissionItem]:
    kept = {item.key for item in items}
    return [item for item in public_now if item.key not in kept]
