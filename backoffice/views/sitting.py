"""How long the session lasts yet, and staying signed in by one press (cases: a session about to end)."""

from flask import Blueprint, g, jsonify
from flask.typing import ResponseReturnValue

from backoffice import auth

bp = Blueprint("sitting", __name__, url_prefix="/session")


@bp.get("")
def left() -> ResponseReturnValue:
    """What a page asks by itself before it warns; 0 for who is signed out. Asking is no reason to stay."""
    g.is_silent = True
    return jsonify(seconds=auth.seconds_left() if auth.person() else 0)


@bp.post("")
@auth.signed_in
def stay() -> ResponseReturnValue:
    """The press of "Stay signed in": this very request renews the session."""
    auth.renew()  # not only after the answer: it says how long that is
    return jsonify(seconds=auth.seconds_left())
