"""Rows for tests, committed; each answers with ids, so that nothing hangs on a session."""

from tests.factories.agencies import agency
from tests.factories.projects import contact, project
from tests.factories.results import file, logo, result, screenshot
from tests.factories.users import Person, access, coordinator, person, staff

__all__ = [
    "Person",
    "access",
    "agency",
    "contact",
    "coordinator",
    "file",
    "logo",
    "person",
    "project",
    "result",
    "screenshot",
    "staff",
]
