"""A mail with invented facts, as the agency that words it sees it before anybody gets it."""

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from flask_babel import force_locale, gettext
from sqlalchemy.orm import Session

from backoffice.config import Settings
from backoffice.domain.notices import Mail
from backoffice.mail import facts
from backoffice.mail.facts import Asked, ItemFacts, ProjectFacts, Specialist, To
from backoffice.mail.render import HIDDEN, Message, render
from backoffice.models import Agency
from backoffice.queries import projects as queries
from backoffice.services.texts import Wording

CODE = "2023-1-LV01-KA220-SCH-000000000"


def message(
    session: Session, *, mail: Mail, language: str, wording: Wording | None, agency: Agency, settings: Settings,
    now: datetime,
) -> Message:
    """In these words, or as it comes with the application."""
    with force_locale(language):
        written_by = replace(
            facts.of_agency(session, agency, settings=settings, language=language),
            wordings={mail.value: wording} if wording else {},
        )
        project = _project(agency, written_by=written_by, settings=settings, now=now)
        to = To(email="anna.ozola@school.example", language=language, name="Anna Ozola")
        return render(mail.value, to=to, agency=written_by, values=_values(project, now=now, settings=settings))


def _project(
    agency: Agency, *, written_by: facts.AgencyFacts, settings: Settings, now: datetime
) -> ProjectFacts:
    base, today = settings.public_base_url, queries.today(agency, now=now)
    end = today - timedelta(days=30)
    return ProjectFacts(
        agency=written_by, code=CODE, title=gettext("A project to show the mail"), today=today, end_date=end,
        specialist=Specialist(name="Jānis Kalniņš", email="janis@agency.example", phone=written_by.phone),
        my_url=f"{base}/my/{CODE}/", review_url=f"{base}/admin/review/{CODE}/", public_url=f"{base}/projects/{CODE}",
        report_due_on=end + timedelta(days=60), report_handed_in_on=None, grant_state="running",
        due_on=today + timedelta(days=14), submittable_from=end + timedelta(days=1), is_submittable=True,
        are_results_required=True, is_anything_public=True, time_zone=agency.time_zone,
    )


def _values(project: ProjectFacts, *, now: datetime, settings: Settings) -> dict[str, Any]:
    """For every mail at once: each takes what is its own."""
    text, result = gettext("Words that somebody wrote stand here."), gettext("A result")
    items = [ItemFacts(key="result:1", number=1, title=result), ItemFacts(key="summary", number=0, title="")]
    base = settings.public_base_url
    return {
        "project": project, "link": f"{base}/invite/{HIDDEN}", "is_new_here": True, "note": text, "number": 1,
        "submitted_at": project.local(now), "digest": "0f1e2d3c", "items": items,
        "asked": [Asked(item=items[0], comment=text)], "accepted": 1, "reopens_all": False, "reason": text,
        "due_on": project.due_on, "reopened": items, "public": items[:1], "later": [], "private": [], "answer": text,
        "asked_by": "Anna Ozola", "question": text, "answer_url": f"{project.my_url}#question", "ticket": None,
        "ticket_url": "", "before": project.end_date, "after": project.due_on, "result": result,
        "file": "result.pdf", "address": "anna.ozola@school.example", "failed_subject": project.short_title,
        "cause": "too-big", "outbox_url": f"{base}/admin/outbox/?state=failed", "role": "specialist",
        "ticket_subject": text, "text": text, "project_code": CODE, "mail_subject": text, "size": "30 MB",
        "received_at": project.local(now), "help_url": f"{base}/help/new",
    }
