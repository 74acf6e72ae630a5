"""The environment, read once, checked, typed.

A missing or malformed variable stops the start with one line that names it. Nothing else
in the project reads `os.environ`.
"""

import os
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import NoReturn, TypeVar
from urllib.parse import urlsplit

BASE_DIR = Path(__file__).resolve().parent.parent
T = TypeVar("T")


class EnvError(ValueError):
    """A variable is missing or cannot be read; the message names it."""


@dataclass(frozen=True, slots=True)
class Env:
    environment: str  # development | test | production
    secret_key: str
    jwt_secret_key: str
    field_encryption_keys: tuple[str, ...]
    debug: bool
    database_url: str
    database_pool_size: int
    redis_url: str
    cache_url: str
    celery_broker_url: str
    email_url: str
    default_from_email: str
    host: str
    port: int
    web_processes: int
    var_dir: Path
    base_domain: str
    shared_hosts: tuple[str, ...]
    platform_host: str
    platform_email_domain: str
    default_tenant: str
    link_scheme: str  # of addresses in mails
    link_port: int  # 0: none is written
    trusted_proxies: int
    cors_allowed_origins: tuple[str, ...]
    log_level: str
    log_format: str  # json | console
    metrics_token: str


def load(source: Mapping[str, str] | None = None) -> Env:
    """Read every variable. Raises EnvError naming the first that is wrong."""
    read = _Reader(os.environ if source is None else source)
    environment = read.choice(
        "DJANGO_SETTINGS_ENV", ("development", "test", "production"), "development"
    )
    production = environment == "production"
    insecure = None if production else "insecure-development-key-of-at-least-32-bytes"
    redis_url = read.url("REDIS_URL", ("redis", "rediss", "unix"), "redis://127.0.0.1:6379/0")
    secret_key = read.secret("SECRET_KEY", insecure)
    return Env(
        environment=environment,
        secret_key=secret_key,
        jwt_secret_key=read.secret("JWT_SECRET_KEY", insecure),
        field_encryption_keys=read.words(
            "FIELD_ENCRYPTION_KEYS", () if production else (secret_key,)
        ),
        debug=read.boolean("DEBUG", default=False),
        database_url=read.url(
            "DATABASE_URL",
            ("postgres", "postgresql"),
            None if production else "postgres://postgres@127.0.0.1:5432/stoa",
        ),
        database_pool_size=read.integer("DATABASE_POOL_SIZE", 32, low=2, high=500),
        redis_url=redis_url,
        cache_url=read.url("CACHE_URL", ("redis", "rediss", "unix"), redis_url),
        celery_broker_url=read.url("CELERY_BROKER_URL", ("redis", "rediss"), redis_url),
        email_url=read.url("EMAIL_URL", ("smtp", "smtps", "smtp+tls", "console"), "console://"),
        default_from_email=read.text("DEFAULT_FROM_EMAIL", "Stoa <noreply@stoa.localhost>"),
        # Elsewhere than in production the passwords of the demo are known to everybody.
        host=read.text("HOST", "0.0.0.0" if production else "127.0.0.1"),  # noqa: S104 - behind a proxy
        port=_port(read),
        web_processes=read.integer("WEB_PROCESSES", 1, low=1, high=64),
        var_dir=Path(read.text("VAR_DIR", str(BASE_DIR / "var"))).absolute(),
        base_domain=read.text("BASE_DOMAIN", "localhost"),
        shared_hosts=read.words("SHARED_HOSTS", ("localhost", "127.0.0.1", "::1")),
        platform_host=read.text("PLATFORM_HOST", "platform.localhost"),
        platform_email_domain=read.text("PLATFORM_EMAIL_DOMAIN", "lms.local"),
        default_tenant=read.text("DEFAULT_TENANT", "" if production else "acme"),
        link_scheme=read.choice(
            "LINK_SCHEME", ("http", "https"), "https" if production else "http"
        ),
        link_port=read.integer("LINK_PORT", 0 if production else _port(read), low=0, high=65535),
        trusted_proxies=read.integer("TRUSTED_PROXIES", 0, low=0, high=10),
        cors_allowed_origins=read.words("CORS_ALLOWED_ORIGINS", ()),
        log_level=read.choice("LOG_LEVEL", ("DEBUG", "INFO", "WARNING", "ERROR"), "INFO"),
        log_format=read.choice("LOG_FORMAT", ("json", "console"), "json"),
        metrics_token=read.text("METRICS_TOKEN", ""),
    )


def _port(read: "_Reader") -> int:
    return read.integer("PORT", 8000, low=1, high=65535)


def settings_module() -> str:
    """The settings module that DJANGO_SETTINGS_ENV asks for; every entry point starts from it."""
    names = {"production": "production", "test": "test"}
    name = names.get(os.environ.get("DJANGO_SETTINGS_ENV", "").lower(), "local")
    return f"config.settings.{name}"


def load_or_exit() -> Env:
    try:
        return load()
    except EnvError as error:
        _exit(str(error))


def _exit(message: str) -> NoReturn:
    sys.stderr.write(f"stoa: {message}\n")
    raise SystemExit(1)


class _Reader:
    def __init__(self, source: Mapping[str, str]) -> None:
        self._source = source

    def _read(self, name: str, default: T | None, parse: Callable[[str], T]) -> T:
        raw = self._source.get(name, "").strip()
        if raw == "":
            if default is None:
                raise EnvError(f"{name} is required and is not set")
            return default
        try:
            return parse(raw)
        except ValueError as error:
            raise EnvError(f"{name} is not valid: {error}") from error

    def text(self, name: str, default: str | None) -> str:
        return self._read(name, default, str)

    def words(self, name: str, default: tuple[str, ...]) -> tuple[str, ...]:
        words = self._read(
            name, default, lambda raw: tuple(w.strip() for w in raw.split(",") if w.strip())
        )
        if name == "FIELD_ENCRYPTION_KEYS" and not words:
            raise EnvError(f"{name} is required and is not set")
        return words

    def secret(self, name: str, default: str | None) -> str:
        def parse(raw: str) -> str:
            if len(raw) < 32:
                raise ValueError("give at least 32 characters")
            return raw

        return self._read(name, default, parse)

    def boolean(self, name: str, *, default: bool) -> bool:
        def parse(raw: str) -> bool:
            words = {"1": True, "true": True, "yes": True, "0": False, "false": False, "no": False}
            if raw.lower() not in words:
                raise ValueError("write true or false")
            return words[raw.lower()]

        return self._read(name, default, parse)

    def integer(self, name: str, default: int, *, low: int, high: int) -> int:
        def parse(raw: str) -> int:
            value = int(raw)
            if not low <= value <= high:
                raise ValueError(f"write a number from {low} to {high}")
            return value

        return self._read(name, default, parse)

    def choice(self, name: str, choices: tuple[str, ...], default: str) -> str:
        def parse(raw: str) -> str:
            for choice in choices:
                if raw.lower() == choice.lower():
                    return choice
            raise ValueError(f"write one of {', '.join(choices)}")

        return self._read(name, default, parse)

    def url(self, name: str, schemes: tuple[str, ...], default: str | None) -> str:
        def parse(raw: str) -> str:
            if urlsplit(raw).scheme not in schemes:
                raise ValueError(f"write a URL that begins with {schemes[0]}://")
            return raw

        return self._read(name, default, parse)
