"""Everything under `/my/`: what a coordinator sees and does (S3, S5 to S14)."""

from backoffice.views.coordinator import (
    access,
    contacts,
    files,
    projects,
    questions,
    reopening,
    results,
    submission,
)
from backoffice.views.coordinator.base import bp

__all__ = ["access", "bp", "contacts", "files", "projects", "questions", "reopening", "results", "submission"]
