"""What a receipt says: who sent what and when, with the hashes of the files."""

from typing import Any

from backoffice.db import db
from backoffice.domain.readiness import CONFIRMED_WORDS
from backoffice.models import Submission, User
from backoffice.views.coordinator import rows
from backoffice.views.messages import say


def of(submission: Submission) -> dict[str, Any]:
    """What the receipt says beside the items themselves."""
    files = [file for item in submission.items for file in item.files]
    sender = db.session.get(User, submission.submitted_by_id) if submission.submitted_by_id else None
    return {
        "items": [(item, rows.result_summary(item)) for item in submission.items],
        "sender": (sender.name or sender.email) if sender else "",
        "results_count": sum(item.result_id is not None for item in submission.items),
        "files_total": rows.files_summary([file.size for file in files]) if files else "",
        "confirmed": [say(CONFIRMED_WORDS[code]) for code in dict.fromkeys(submission.confirmed)
                      if code in CONFIRMED_WORDS],
        "fingerprint": " ".join(submission.digest[start:start + 4] for start in range(0, 16, 4)),
    }
