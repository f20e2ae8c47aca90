"""Search and sort keys (DOMAIN §8): filled wherever their texts are written, so that both engines agree."""

from backoffice.domain.text import search_key, sort_key
from backoffice.models import Project, Result


def fill_project(project: Project) -> None:
    """After any change of code, title, organisation or summary."""
    project.sort_key = sort_key(project.title)
    project.search_key = search_key(
        " ".join((project.code, project.title, project.organisation, project.organisation_region, project.summary))
    )


def fill_result(result: Result) -> None:
    """After any change of title or description."""
    result.sort_key = sort_key(result.title)
    result.search_key = search_key(f"{result.title} {result.description}")
