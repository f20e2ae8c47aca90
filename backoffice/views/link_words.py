"""What was found behind a project's website, in words."""

from flask_babel import gettext as _

from backoffice.db import db
from backoffice.domain import clock
from backoffice.domain.links import WEBSITE_WORDS
from backoffice.models import LinkCheck, Project
from backoffice.queries import links
from backoffice.views.messages import day


def website_trouble(project: Project) -> str:
    """One sentence with its date; empty while nothing is wrong, or nobody has looked."""
    found = links.trouble(db.session(), project.website) if project.website else None
    return said(found, project=project) if found else ""


def said(check: LinkCheck, *, project: Project) -> str:
    if check.state is None or check.state not in WEBSITE_WORDS or check.since_at is None:
        return ""
    since = clock.day_of(check.since_at, time_zone=project.agency.time_zone)
    return str(_(WEBSITE_WORDS[check.state], day=day(since), to=check.leads_to))
