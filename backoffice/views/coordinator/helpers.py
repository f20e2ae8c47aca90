"""Whom a coordinator can ask (S16, S17): the responsible specialist, else the agency; and the helpdesk."""

from collections.abc import Sequence
from dataclasses import dataclass

from flask import current_app
from flask_babel import gettext

from backoffice.models import Agency, Project
from backoffice.views import frame


@dataclass(frozen=True, slots=True, kw_only=True)
class Helper:
    """A person or an office with the ways to reach it."""

    name: str
    role: str
    email: str
    phone: str


def specialist(project: Project) -> Helper:
    """S17: a named specialist with phone and e-mail, else the agency."""
    who, agency = project.responsible, project.agency
    if who is not None and who.deactivated_at is None:
        return Helper(
            name=who.name or who.email, role=gettext("Your specialist at the agency"), email=who.email,
            phone=who.phone or agency.phone,
        )
    return Helper(
        name=frame.agency_name(agency), role=gettext("Your National Agency"), email=agency.review_address,
        phone=agency.phone,
    )


def helpdesk(agency: Agency) -> str:
    """S16: the agency's own address wins over the installation's."""
    return agency.helpdesk_address or str(current_app.config["SETTINGS"].helpdesk_address)


def helpdesks(agencies: Sequence[Agency]) -> list[tuple[str, str]]:
    """Name and address of each, for a person whose agency is not known."""
    return [(frame.agency_name(row), address) for row in agencies if (address := helpdesk(row))]
