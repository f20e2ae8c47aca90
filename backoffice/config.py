"""Settings, read once from the environment (CONTRACT). A missing or unsafe one stops the start with one clear line."""

import hashlib
import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from urllib.parse import urlsplit

from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError

VERSION = "0.1"  # as in pyproject.toml
ENVIRONMENTS = ("demo", "production", "test")
SECRET_MIN = 32  # characters
DEMO_CLIENT = "demo"  # name and secret with which the demo speaks to its own provider on this machine
CLIENT_AUTHS = ("client_secret_basic", "client_secret_post", "client_secret_jwt")
# Signed with a key pair: what is signed with a shared secret, or not at all, proves nothing about the sender.
ALGORITHMS = ("PS512", "PS384", "PS256", "RS512", "RS384", "RS256", "ES512", "ES384", "ES256", "EdDSA", "Ed25519")


class SettingsError(Exception):
    """A setting that is missing or unsafe."""


@dataclass(frozen=True, kw_only=True)
class Oidc:
    """How EU Login, or another OpenID provider, is spoken to."""

    issuer: str
    client_id: str
    client_secret: str = field(repr=False)
    scopes: str = "openid email profile"
    acr_values: tuple[str, ...] = ()  # asked for, and then one of them must be in the answer
    algorithms: tuple[str, ...] = ("PS512", "PS256", "RS256", "ES256")  # EU Login signs PS512
    client_auth: str = "client_secret_basic"
    timeout_s: int = 5
    skew_s: int = 60
    is_demo: bool = False  # the demonstration of `make run`: it closes no other door

    @property
    def origin(self) -> str:
        """Scheme and host, for the content policy: signing out leads there."""
        parts = urlsplit(self.issuer)
        return f"{parts.scheme}://{parts.netloc}"


@dataclass(frozen=True, kw_only=True)
class Settings:
    """Typed, complete and checked."""

    env: str
    var: Path
    secret_key: str
    database_url: str
    storage_url: str
    mail_url: str
    mail_from: str
    public_base_url: str
    redis_url: str | None = None
    helpdesk_address: str = ""
    clamd_url: str | None = None
    metrics_token: str | None = None
    trusted_proxies: int = 0
    oidc: Oidc | None = None
    clock_shift: timedelta = timedelta(0)

    @property
    def is_demo(self) -> bool:
        return self.env == "demo"

    @property
    def is_production(self) -> bool:
        return self.env == "production"

    @property
    def is_oidc_set(self) -> bool:
        """Coordinators come by EU Login alone (DOMAIN §7); the demo's own provider does not count."""
        return self.oidc is not None and not self.oidc.is_demo

    @classmethod
    def from_env(cls, env: Mapping[str, str] = os.environ) -> "Settings":
        """Read and check; raises SettingsError with one line."""
        name = env.get("BACKOFFICE_ENV") or "production"
        if name not in ENVIRONMENTS:
            raise SettingsError(f"BACKOFFICE_ENV: one of {', '.join(ENVIRONMENTS)}, not “{name}”")
        var = Path(env.get("VAR") or "var").absolute()
        settings = cls(
            env=name,
            var=var,
            secret_key=env.get("SECRET_KEY") or ("" if name == "production" else _local_secret(var)),
            database_url=_database(env.get("DATABASE_URL") or f"sqlite:///{var}/backoffice.db"),
            storage_url=env.get("STORAGE_URL") or f"file://{var}/files",
            mail_url=env.get("MAIL_URL") or f"file://{var}/mail",
            mail_from=env.get("MAIL_FROM") or "results@agency.example",
            public_base_url=(env.get("PUBLIC_BASE_URL") or f"http://127.0.0.1:{env.get('PORT') or '5000'}").rstrip("/"),
            redis_url=env.get("REDIS_URL") or None,
            helpdesk_address=env.get("HELPDESK_ADDRESS") or "",
            clamd_url=env.get("CLAMD_URL") or None,
            metrics_token=env.get("METRICS_TOKEN") or None,
            trusted_proxies=_number(env, "TRUSTED_PROXIES"),
            oidc=_oidc(env, is_demo=name == "demo"),
            clock_shift=_shift(env.get("BACKOFFICE_NOW") or "", var=var, is_production=name == "production"),
        )
        _check_addresses(settings)
        if settings.is_production:
            _check_production(settings, env)
        return settings


def _local_secret(var: Path) -> str:
    """Demo and test need no secret of their own: one that belongs to the folder, so that sessions last."""
    return hashlib.sha256(f"project results, not for production: {var}".encode()).hexdigest()


def _database(url: str) -> str:
    # A bare postgresql:// names another driver in each SQLAlchemy line; ours is psycopg 3.
    for prefix in ("postgres://", "postgresql://"):
        if url.startswith(prefix):
            return "postgresql+psycopg://" + url.removeprefix(prefix)
    return url


def _oidc(env: Mapping[str, str], *, is_demo: bool) -> Oidc | None:
    issuer = env.get("OIDC_ISSUER") or ""
    if not issuer:
        own = env.get("DEMO_OIDC_ISSUER") or ""  # set by `flask up` for the processes it starts
        if not own or not is_demo:
            return None
        return Oidc(issuer=own, client_id=DEMO_CLIENT, client_secret=DEMO_CLIENT, is_demo=True)
    oidc = Oidc(
        issuer=issuer,
        client_id=env.get("OIDC_CLIENT_ID") or "",
        client_secret=env.get("OIDC_CLIENT_SECRET") or "",
        scopes=env.get("OIDC_SCOPES") or Oidc.scopes,
        client_auth=env.get("OIDC_CLIENT_AUTH") or Oidc.client_auth,
        acr_values=tuple((env.get("OIDC_ACR_VALUES") or "").split()),
        algorithms=tuple((env.get("OIDC_ALGORITHMS") or "").split()) or Oidc.algorithms,
        timeout_s=_number(env, "OIDC_TIMEOUT", default=Oidc.timeout_s),
        skew_s=_number(env, "OIDC_CLOCK_SKEW", default=Oidc.skew_s),
    )
    _check_oidc(oidc, is_production=(env.get("BACKOFFICE_ENV") or "production") == "production")
    return oidc


def _check_oidc(oidc: Oidc, *, is_production: bool) -> None:
    try:
        parts = urlsplit(oidc.issuer)
        is_good = parts.scheme in ("http", "https") and bool(parts.hostname) and not parts.query and not parts.fragment
    except ValueError:
        is_good = False
    if not is_good or (is_production and parts.scheme != "https"):
        raise SettingsError("OIDC_ISSUER: the address of the provider is needed, as https://login.example/oauth2")
    if not oidc.client_id or not oidc.client_secret:
        raise SettingsError("OIDC_CLIENT_ID and OIDC_CLIENT_SECRET: both are needed with OIDC_ISSUER")
    if oidc.client_auth not in CLIENT_AUTHS:
        raise SettingsError(f"OIDC_CLIENT_AUTH: one of {', '.join(CLIENT_AUTHS)}, not “{oidc.client_auth}”")
    wrong = [name for name in oidc.algorithms if name not in ALGORITHMS]
    if wrong:
        raise SettingsError(f"OIDC_ALGORITHMS: some of {' '.join(ALGORITHMS)}, not “{wrong[0]}”")
    if "openid" not in oidc.scopes.split():
        raise SettingsError("OIDC_SCOPES: openid must be among them")
    if not 1 <= oidc.timeout_s <= 60:
        raise SettingsError("OIDC_TIMEOUT: 1 to 60 seconds")
    if oidc.skew_s > 600:
        raise SettingsError("OIDC_CLOCK_SKEW: at most 600 seconds")


def _number(env: Mapping[str, str], name: str, *, default: int = 0) -> int:
    text = env.get(name) or str(default)
    if not text.isdecimal():
        raise SettingsError(f"{name}: a number, not “{text}”")
    return int(text)


def _shift(value: str, *, var: Path, is_production: bool) -> timedelta:
    """The first process that sees a value of BACKOFFICE_NOW keeps the shift under VAR for all the others."""
    if not value:
        return timedelta(0)
    if is_production:
        raise SettingsError("BACKOFFICE_NOW: only in demo and test")
    try:
        wanted = datetime.fromisoformat(value)
    except ValueError as error:
        raise SettingsError(f"BACKOFFICE_NOW: an ISO time with its offset, not “{value}”") from error
    if wanted.tzinfo is None:
        raise SettingsError("BACKOFFICE_NOW: the offset is missing, as in 2026-11-25T09:00:00+02:00")
    folder = var / "clock"
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise SettingsError(f"VAR: {var} cannot be written ({error.strerror})") from error
    kept = folder / hashlib.sha256(value.encode()).hexdigest()[:16]
    try:
        # "x": of two processes that start together, one writes and the other reads.
        with kept.open("x", encoding="utf-8") as file:
            file.write(repr((wanted - datetime.now(UTC)).total_seconds()))
    except FileExistsError:
        pass
    return timedelta(seconds=float(kept.read_text(encoding="utf-8")))


def _check_addresses(settings: Settings) -> None:
    try:
        engine = make_url(settings.database_url).get_backend_name()
    except ArgumentError:
        engine = ""
    if engine not in ("sqlite", "postgresql"):
        raise SettingsError("DATABASE_URL: postgresql://user:password@host/name or sqlite:////folder/file is needed")
    if settings.redis_url and not settings.redis_url.startswith(("redis://", "rediss://", "unix://")):
        raise SettingsError("REDIS_URL: redis://host:port, rediss://host:port or unix:///socket is needed")
    try:
        base = urlsplit(settings.public_base_url)
        is_good = base.scheme in ("http", "https") and bool(base.hostname) and not base.query
    except ValueError:
        is_good = False
    if not is_good:
        raise SettingsError("PUBLIC_BASE_URL: the address of the site is needed, as https://results.agency.example")


def _check_production(settings: Settings, env: Mapping[str, str]) -> None:
    if len(settings.secret_key) < SECRET_MIN or len(set(settings.secret_key)) < SECRET_MIN // 4:
        raise SettingsError(f"SECRET_KEY: at least {SECRET_MIN} characters that nobody can guess are needed")
    if settings.database_url.startswith("sqlite") and env.get("ALLOW_SQLITE") != "1":
        raise SettingsError("DATABASE_URL: a PostgreSQL address is needed (or ALLOW_SQLITE=1)")
    if not settings.public_base_url.startswith("https://"):
        raise SettingsError("PUBLIC_BASE_URL: an address that begins with https:// is needed")
    if not env.get("MAIL_FROM"):
        raise SettingsError("MAIL_FROM: the address of the sender is needed")
