"""Cause and cure beside the thread: what the person met with lately, what it likely is, and the one act that mends it.
"""

from typing import Any

from backoffice.models import Ticket
from backoffice.views.admin.base import RecordView


def aside(view: RecordView, ticket: Ticket) -> dict[str, Any]:
    """What `admin/ticket/cure.html` shows beside its ticket and project."""
    return {}
