"""The checklist beside the form: the same lines that guard `submit` (DOMAIN §4), and what is done already."""

from typing import Any

from flask_babel import gettext

from backoffice.domain.projects import Status
from backoffice.domain.readiness import Finding, Level
from backoffice.views.coordinator.standing import Standing, place
from backoffice.views.messages import say

ICONS = {"request-open": "back"}


def items(standing: Standing) -> list[dict[str, Any]]:
    """For `ui.checks`: what stops first, then what is worth a look, then what is done."""
    return [*(item(standing, line) for line in standing.findings), *_done(standing)]


def item(standing: Standing, line: Finding) -> dict[str, Any]:
    return {
        "kind": "bad" if line.level is Level.ERROR else "wait", "text": say(line.message, line.values),
        "url": place(standing.project, line), "icon": ICONS.get(line.code, ""), "code": line.code,
    }


def why_not(standing: Standing) -> str:
    """The sentence under the button, while it cannot work and when it can."""
    if standing.errors:
        if standing.project.status is Status.RETURNED:
            return gettext("Opens when the points marked red are done: each comment needs a change or an answer.")
        return gettext("Opens when the points marked red are done; the amber ones can be confirmed.")
    if standing.warnings:
        return gettext("You can confirm the amber points on the next page. After that nobody can edit until the agency "
                       "answers.")
    return gettext("After that nobody can edit until the agency answers.")


def _done(standing: Standing) -> list[dict[str, Any]]:
    facts = standing.state
    wrong = {line.anchor.partition(":")[0] for line in standing.errors}
    rows: list[tuple[bool, str]] = [
        (facts.is_submittable, gettext("The project can be submitted")),
        (bool(facts.results) and "result" not in wrong, gettext("Every result is complete")),
        (bool(facts.final_summary), gettext("Final summary")),
        (facts.has_logo, gettext("Logo")),
        (facts.has_website, gettext("Website")),
        (facts.has_public_contact, gettext("A public contact person")),
    ]
    return [{"kind": "good", "text": words} for is_done, words in rows if is_done]
