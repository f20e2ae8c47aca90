"""EU Login: there, back, refused, out again. The protocol is in `backoffice/oidc.py`, who may come in in `services`."""

from dataclasses import asdict
from datetime import timedelta
from urllib.parse import urlsplit

from flask import Blueprint, abort, current_app, redirect, render_template, request, session, url_for
from flask.typing import ResponseReturnValue
from flask_babel import get_locale, gettext

from backoffice import auth
from backoffice.db import db
from backoffice.domain import clock, signin
from backoffice.domain.errors import N_
from backoffice.domain.signin import Attempt
from backoffice.models import User
from backoffice.oidc import Begun, Provider, ProviderFault
from backoffice.queries import identities as queries
from backoffice.services import identities
from backoffice.services.identities import Arrival
from backoffice.services.uow import unit_of_work
from backoffice.views import entering
from backoffice.views.messages import say

bp = Blueprint("eu", __name__)
# What the session keeps: sign-ins that are under way, an invitation whose link was opened, a refusal, a sign-out.
BEGUN, INVITED, REFUSED, LEAVING, AGAIN = "eu-begun", "eu-invited", "eu-refused", "eu-leaving", "eu-again"
LIFE, MOST = timedelta(minutes=30), 3  # tabs side by side
# Characters. A cookie has 4,096 in all, and a browser drops a longer one without a word: a longer address is kept
# without its query, and without a longer id_token the provider asks before it signs the person out.
TARGET_MAX, HINT_MAX = 500, 2_400
# Each refusal that is not about the address, in words; all others read as one.
FAULTS = {
    "access-denied": N_("You did not let EU Login tell us who you are, so nobody was signed in."),
    "away": N_("EU Login does not answer at the moment. Nobody was signed in; try again in a few minutes."),
    "state": N_("This sign-in was used already, or it waited too long. Nothing is wrong: begin it once more."),
    "other": N_("EU Login's answer could not be trusted, so nobody was signed in. Begin once more."),
}
NAMED = {Attempt.NO_ADDRESS, Attempt.UNVERIFIED}  # refusals that are about the account there, and tell nothing of ours


@bp.get("/login/eu")
def begin() -> ResponseReturnValue:
    """To the provider; `?next=` leads back to the very place, `?again=1` asks there for the account anew."""
    provider = _provider()
    target = signin.own_path(request.args.get("next", ""))
    if auth.person() is not None:
        return redirect(target or entering.home())
    if len(target) > TARGET_MAX:
        target = urlsplit(target).path[:TARGET_MAX]
    is_again = bool(request.args.get("again")) or bool(session.pop(AGAIN, None))
    try:
        url, begun = provider.begin(back=_back(), language=str(get_locale()), is_again=is_again)
    except ProviderFault as fault:
        return _fault(fault, target=target)
    until = (clock.now() + LIFE).timestamp()
    waiting = [*session.get(BEGUN, []), {**asdict(begun), "next": target, "until": until}]
    session[BEGUN] = waiting[-MOST:]
    return redirect(url)


@bp.get("/login/eu/back")
def back() -> ResponseReturnValue:
    """From the provider, with its answer. The one read that writes: who came, and what became of it."""
    provider = _provider()
    begun, target = _taken(request.args.get("state", ""))
    if begun is None:
        if auth.person() is not None:  # the second press of a button, or the way back in the browser's history
            return redirect(entering.home())
        return _fault(ProviderFault("state"), target="")
    try:
        answer = provider.finish(request.args.to_dict(), begun=begun, back=_back())
    except ProviderFault as fault:
        return _fault(fault, target=target)
    arrival = Arrival(
        issuer=answer.issuer, subject=answer.subject, email=answer.email, name=answer.name,
        is_email_unverified=answer.is_email_unverified, network=signin.network_of(request.remote_addr),
    )
    with unit_of_work() as uow:
        found, outcome = identities.enter(uow, arrival=arrival)
        user_id = found.id if found else None
    hint = answer.id_token if len(answer.id_token) <= HINT_MAX else ""
    if user_id is not None:
        return entering.enter(db.session.get_one(User, user_id), target=target, id_token=hint)
    invited = session.get(INVITED)
    auth.sign_out()
    if invited:  # the next try, with another account, may need it too
        session[INVITED] = invited
    session[REFUSED] = {
        "email": answer.email[:254], "code": outcome.value if outcome in NAMED else Attempt.NOT_INVITED.value,
        "next": target,
    }
    # The session at the provider is open; signing out ends it, though nobody was signed in here.
    session[auth.EU] = hint
    return redirect(url_for(".refused"))


@bp.get("/login/eu/refused")
def refused() -> ResponseReturnValue:
    """With which address the person came, who can give access, and a ticket form with that filled in. It reads the
    same whether or not there is such a project or address; who came by an invitation's own link sees where it went."""
    kept = session.get(REFUSED)
    if not isinstance(kept, dict):
        return redirect(url_for("auth.login"))
    return render_template(
        "auth/refused.html", email=kept["email"], code=kept["code"], target=kept["next"],
        invited=_invited(session.get(INVITED)), ticket_url=_ticket_url(
            email=kept["email"], page=kept["next"], error=kept["code"],
            happened=gettext("I signed in with EU Login as %(email)s and have no access.", email=kept["email"] or "—"),
        ),
    ), 403, {"Cache-Control": "no-store"}


@bp.get("/login/signed-out")
def ended() -> ResponseReturnValue:
    """Back from signing out at the provider; says plainly whether the session there has ended."""
    kept = session.pop(LEAVING, None) or {}
    is_ended = bool(kept.get("state")) and kept.get("state") == request.args.get("state")
    if kept and not is_ended:
        session[AGAIN] = True  # the session there is open: the next sign-in asks for the account anew
    if is_ended and kept.get("next"):
        return redirect(url_for("auth.login", next=kept["next"]))
    return render_template(
        "auth/signed_out.html", is_open=bool(kept) and not is_ended, is_ended=is_ended, target=kept.get("next", ""),
        provider=entering.settings().oidc,
    ), 200, {"Cache-Control": "no-store"}


def leave(id_token: str, *, target: str) -> ResponseReturnValue:
    """Sign out at the provider too; when that cannot be, the page says that the session there stays open."""
    state = signin.new_token()
    provider: Provider | None = current_app.extensions["oidc"]
    url = None
    if provider is not None:
        try:
            url = provider.end_url(back=_address("eu.ended"), state=state, id_token=id_token)
        except ProviderFault as fault:
            current_app.logger.warning("sign-out at the provider: %s", fault)
    session[LEAVING] = {"state": state if url else "", "next": target}
    return redirect(url or url_for("eu.ended"))


def invite(user_id: int) -> None:
    """Somebody came by a link of this person's invitation."""
    session[INVITED] = user_id


def _provider() -> Provider:
    provider: Provider | None = current_app.extensions["oidc"]
    return provider or abort(404)


def _taken(state: str) -> tuple[Begun | None, str]:
    """The sign-in that this state began, once: a second answer with it finds nothing."""
    waiting = session.get(BEGUN, [])
    found = next((kept for kept in waiting if state and kept["state"] == state), None)
    if found is None:
        return None, ""
    session[BEGUN] = [kept for kept in waiting if kept is not found]
    if clock.now().timestamp() > found["until"]:
        return None, ""
    return Begun(state=found["state"], nonce=found["nonce"], verifier=found["verifier"]), found["next"]


def _fault(fault: ProviderFault, *, target: str) -> ResponseReturnValue:
    """Not about the person: the provider, or the way between us. The log has the detail, the page the words."""
    if fault.code not in {"state", "access-denied"}:
        current_app.logger.warning("EU Login: %s", fault)
    code = fault.code if fault.code in FAULTS else "other"
    status = 503 if code == "away" else 400
    return render_template(
        "auth/fault.html", sentence=say(FAULTS[code]), code=f"eu-{fault.code}", target=target,
        ticket_url=_ticket_url(page=target, error=f"eu-{fault.code}"),
    ), status, {"Cache-Control": "no-store"}


def _ticket_url(*, page: str, error: str, email: str = "", happened: str = "") -> str:
    """The form of a new ticket with what is known: a person who cannot sign in should not have to type it."""
    return url_for(
        "help.new", subject=gettext("I cannot sign in"), page=page or url_for("eu.begin"), error=error,
        email=email or None, happened=happened or None,
    )


def _invited(user_id: int | None) -> str:
    """Where the invitation went whose link was opened, masked; empty when it is over."""
    user = db.session.get(User, user_id) if user_id else None
    if user is None or db.session.scalar(queries.invited(user.email)) is None:
        return ""
    return signin.masked(user.email)


def _back() -> str:
    return _address("eu.back")


def _address(endpoint: str) -> str:
    """As it is registered with the provider: under the public address, whatever host the request named."""
    return entering.settings().public_base_url + url_for(endpoint)
