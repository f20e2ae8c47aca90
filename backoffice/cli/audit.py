"""`flask audit`: is the trail what was sealed (DOMAIN §10)?"""

from dataclasses import asdict

from flask import Flask

from backoffice.cli import output
from backoffice.db import db
from backoffice.jobs import audit as jobs
from backoffice.queries import audit_chain
from backoffice.queries.audit_chain import Verification

audit = output.group("audit", "The audit trail: seal it, check it.")
SHOWN = 20  # places in words; `--json` has all of them


def init_app(app: Flask) -> None:
    app.cli.add_command(audit)


@audit.command("verify")
@output.as_json
def verify(as_json: bool) -> None:
    """Seal what waits, then check the whole chain. Exit status 1 when anything is not what was sealed."""
    jobs.seal_all()
    found = audit_chain.verify(db.session())
    output.answer(asdict(found), lines=_lines(found), as_json=as_json)
    if found.broken:
        raise output.Failed(f"The audit trail is not whole: {len(found.broken)} places.")


def _lines(found: Verification) -> list[str]:
    lines = [f"{found.checked} events checked, {found.unsealed} not sealed yet, head {found.head or '—'}"]
    return lines + [f"event {row.event_id}: {row.why}" for row in found.broken[:SHOWN]]
