"""What refuses the start: one clear line for each setting, never a traceback (CONTRACT, Settings)."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from flask_migrate import upgrade

from backoffice.config import Settings, SettingsError
from backoffice.db import db
from backoffice.factory import create_app
from backoffice.models import User
from backoffice.services.uow import unit_of_work

pytestmark = pytest.mark.one_engine
SECRET = "abcdefghijklmnopqrstuvwxyz0123456789"


def environment(var: Path, **more: str) -> dict[str, str]:
    return {
        "BACKOFFICE_ENV": "production", "VAR": str(var), "SECRET_KEY": SECRET, "ALLOW_SQLITE": "1",
        "MAIL_FROM": "results@agency.example", "PUBLIC_BASE_URL": "https://results.agency.example", **more,
    }


@pytest.mark.parametrize(("name", "value"), [
    ("SECRET_KEY", ""), ("SECRET_KEY", "short"), ("SECRET_KEY", "a" * 40), ("ALLOW_SQLITE", ""), ("MAIL_FROM", ""),
    ("PUBLIC_BASE_URL", "http://results.agency.example"), ("PUBLIC_BASE_URL", "https://"), ("PUBLIC_BASE_URL", "x"),
    ("BACKOFFICE_NOW", "2026-11-25T09:00:00+02:00"), ("DATABASE_URL", "mysql://x"), ("DATABASE_URL", "nonsense"),
    ("REDIS_URL", "localhost"), ("TRUSTED_PROXIES", "two"), ("BACKOFFICE_ENV", "staging"), ("MAIL_URL", "mail"),
    ("STORAGE_URL", "folder"), ("DATABASE_URL", "postgresql://127.0.0.1:1/nothing"),
    ("DATABASE_URL", "sqlite:////proc/never/x.db"),
])
def test_unsafe_setting_refuses_the_start_in_one_line_that_names_it(tmp_path: Path, name: str, value: str) -> None:
    with pytest.raises(SettingsError) as refusal:
        create_app(Settings.from_env(environment(tmp_path, **{name: value})))
    named = "DATABASE_URL" if name == "ALLOW_SQLITE" else name
    assert str(refusal.value).startswith(named)
    assert "\n" not in str(refusal.value)
    assert SECRET not in str(refusal.value)


OIDC = {"OIDC_ISSUER": "https://login.example", "OIDC_CLIENT_ID": "results", "OIDC_CLIENT_SECRET": "s"}


@pytest.mark.parametrize(("name", "value"), [
    ("OIDC_ISSUER", "http://login.example"), ("OIDC_ISSUER", "login.example"), ("OIDC_CLIENT_ID", ""),
    ("OIDC_ALGORITHMS", "PS512 none"), ("OIDC_ALGORITHMS", "HS256"), ("OIDC_CLIENT_AUTH", "none"),
    ("OIDC_SCOPES", "email"), ("OIDC_TIMEOUT", "0"), ("OIDC_CLOCK_SKEW", "3600"), ("OIDC_TIMEOUT", "soon"),
])
def test_unsafe_way_to_eu_login_refuses_the_start(tmp_path: Path, name: str, value: str) -> None:
    with pytest.raises(SettingsError, match=f"^{name}"):
        Settings.from_env(environment(tmp_path, **{**OIDC, name: value}))


def test_eu_login_is_set_by_its_settings_and_by_the_demo_for_itself_alone(tmp_path: Path) -> None:
    set_up = Settings.from_env(environment(tmp_path, **OIDC, OIDC_ALGORITHMS="PS512", OIDC_ACR_VALUES="a b"))
    assert set_up.is_oidc_set
    assert set_up.oidc is not None
    assert (set_up.oidc.algorithms, set_up.oidc.acr_values) == (("PS512",), ("a", "b"))
    own = {"DEMO_OIDC_ISSUER": "http://127.0.0.1:15000"}
    demo = Settings.from_env(environment(tmp_path, BACKOFFICE_ENV="demo", **own))
    assert demo.oidc is not None
    assert not demo.is_oidc_set  # both doors stay open
    assert Settings.from_env(environment(tmp_path, **own)).oidc is None


@pytest.mark.slow
def test_production_starts_on_an_empty_database_and_on_one_without_demo_accounts(tmp_path: Path) -> None:
    settings = Settings.from_env(environment(tmp_path))
    app = create_app(settings)
    with app.app_context():
        upgrade()
        db.engine.dispose()
    create_app(settings)


@pytest.mark.slow
def test_production_refuses_a_database_with_demo_accounts_even_deactivated_ones(tmp_path: Path) -> None:
    settings = Settings.from_env(environment(tmp_path))
    app = create_app(settings)
    with app.app_context():
        upgrade()
        with unit_of_work() as uow:
            uow.session.add(User(email="coordinator@demo.example", is_demo=True, created_at=uow.now))
        db.engine.dispose()
    with pytest.raises(SettingsError, match=r"^DATABASE_URL: .*coordinator@demo\.example"):
        create_app(settings)


@pytest.mark.slow
@pytest.mark.parametrize("command", [["flask", "users", "list"], ["gunicorn", "--bind", "127.0.0.1:0", "app:app"]])
def test_every_way_to_start_says_it_once_and_ends_with_1(tmp_path: Path, command: list[str]) -> None:
    ran = subprocess.run(
        [sys.executable, "-m", *command], env={**os.environ, **environment(tmp_path, SECRET_KEY="short")},
        capture_output=True, text=True, timeout=120, check=False,
    )
    assert ran.returncode == 1
    assert ran.stderr.count("\n") == 1
    assert ran.stderr.startswith("The start is refused. SECRET_KEY: ")
    assert ran.stdout == ""
