"""The guide that leads a coordinator from the first sign-in to approved results (S15).

Anchors for links from forms and mails, the same in both languages: `#access`, `#forbidden`, `#data`, `#contacts`,
`#upload`, `#types`, `#size`, `#private`, `#english`, `#submit`, `#additions`, `#help`. A test keeps them.
"""

from flask import Blueprint, render_template
from flask.typing import ResponseReturnValue

from backoffice.domain import readiness
from backoffice.domain.files import MAX_SHOWN, TYPES, FileGroup
from backoffice.domain.text import LIMITS
from backoffice.views import frame

bp = Blueprint("guide", __name__)
ANCHORS = (
    "access", "forbidden", "data", "contacts", "upload", "types", "size", "private", "english", "submit", "additions",
    "help",
)


@bp.get("/guide")
def show() -> ResponseReturnValue:
    """One page; what it says of sizes, types and lengths comes from the rules themselves."""
    groups = {group: [kind for kind in TYPES.values() if kind.group is group] for group in FileGroup}
    return render_template(
        "public/guide.html", agency=frame.agency(), groups=groups, max_size=MAX_SHOWN.replace(" ", "\u00a0"),
        shortest=readiness.SHORT_DESCRIPTION, longest=LIMITS["description"],
    )
