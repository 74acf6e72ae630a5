"""Django itself: apps, middleware, database, authentication. Services are in integrations.py."""

from pathlib import Path
from urllib.parse import parse_qsl, unquote, urlsplit

from config.env import BASE_DIR, load_or_exit

ENV = load_or_exit()

SECRET_KEY = ENV.secret_key
DEBUG = ENV.debug
# The tenant middleware refuses every host that no tenant owns, before anything is served.
ALLOWED_HOSTS = ["*"]
ROOT_URLCONF = "config.urls"
PUBLIC_SCHEMA_URLCONF = "config.urls_public"
ASGI_APPLICATION = "config.asgi.application"

# Tables of these exist in the public schema. contenttypes and auth live only there: their
# process-wide caches would otherwise mix the ids of tenants.
SHARED_APPS = [
    "daphne",
    "config",
    # Before django_tenants: its create_tenant command and its admin pages are not ours.
    "tenants",
    "config.admin_app.StoaAdminConfig",
    "django_tenants",
    "django.contrib.contenttypes",
    "django.contrib.auth",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "lms.accounts",
    "lms.activitylog",
    "lms.auditlog",
    "channels",
    "rest_framework",
    "drf_spectacular",
    "drf_spectacular_sidecar",
    "django_htmx",
    "csp",
    "corsheaders",
    "realtime",
    "lms.web",
]
# Tables of these exist in every tenant's schema.
TENANT_APPS = [
    "django.contrib.sessions",
    "config.admin_app.StoaAdminConfig",
    "lms.accounts",
    "lms.activitylog",
    "lms.auditlog",
    "lms.core",
    "lms.streams",
    "lms.messaging",
    "lms.courses",
    "lms.enrollments",
    "lms.groups",
    "lms.forum",
    "lms.notifications",
]
INSTALLED_APPS = SHARED_APPS + [app for app in TENANT_APPS if app not in SHARED_APPS]

TENANT_MODEL = "tenants.Tenant"
TENANT_DOMAIN_MODEL = "tenants.Domain"
# One SET search_path per connection and tenant instead of one per cursor. Safe since
# django-tenants 4.0.1 forgets its cache on savepoint rollback; tests/tenants assert it.
TENANT_LIMIT_SET_CALLS = True
DATABASE_ROUTERS = ["django_tenants.routers.TenantSyncRouter"]
# E-mail is unique by a constraint on its lower case, which W004 does not see.
SILENCED_SYSTEM_CHECKS = ["auth.W004"]


def _database() -> dict[str, object]:
    url = urlsplit(ENV.database_url)
    options: dict[str, object] = dict(parse_qsl(url.query))
    options |= {
        # The pool replaces CONN_MAX_AGE, which under ASGI keeps one connection per thread.
        "pool": {"min_size": 2, "max_size": ENV.database_pool_size, "timeout": 5},
        "connect_timeout": 5,
        "options": "-c statement_timeout=15000 -c lock_timeout=3000"
        " -c idle_in_transaction_session_timeout=10000 -c synchronous_commit=on",
    }
    return {
        "ENGINE": "django_tenants.postgresql_backend",
        "NAME": url.path.lstrip("/") or "stoa",
        "USER": unquote(url.username or ""),
        "PASSWORD": unquote(url.password or ""),
        "HOST": url.hostname or "",
        "PORT": str(url.port or ""),
        "OPTIONS": options,
        "CONN_MAX_AGE": 0,
    }


DATABASES = {"default": _database()}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

MIDDLEWARE = [
    "lms.core.middleware.RequestIdMiddleware",
    "corsheaders.middleware.CorsMiddleware",
    "lms.core.middleware.OptionalSlashMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "csp.middleware.CSPMiddleware",
    "tenants.middleware.TenantMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "lms.accounts.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
]
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ]
        },
    }
]

AUTH_USER_MODEL = "accounts.User"
AUTHENTICATION_BACKENDS = ["lms.accounts.backends.RoleBackend"]
LOGIN_URL = "/login/"
LOGIN_REDIRECT_URL = "/"
PASSWORD_HASHERS = [
    "django.contrib.auth.hashers.Argon2PasswordHasher",
    "django.contrib.auth.hashers.BCryptSHA256PasswordHasher",
    "django.contrib.auth.hashers.PBKDF2PasswordHasher",
]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {
        "NAME": "django.contrib.auth.password_validation.MinimumLengthValidator",
        "OPTIONS": {"min_length": 8},
    },
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]

SESSION_COOKIE_NAME = "stoa_session"
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
SESSION_COOKIE_AGE = 30 * 24 * 3600
CSRF_COOKIE_NAME = "stoa_csrf"
CSRF_COOKIE_SAMESITE = "Lax"
CSRF_FAILURE_VIEW = "lms.core.views.csrf_failure"
X_FRAME_OPTIONS = "DENY"
SECURE_REFERRER_POLICY = "same-origin"
DATA_UPLOAD_MAX_MEMORY_SIZE = 2 * 1024 * 1024

LANGUAGE_CODE = "en"
TIME_ZONE = "UTC"
USE_I18N = False
USE_TZ = True
STATIC_URL = "/static/"
STATIC_ROOT: Path | None = BASE_DIR / "staticfiles"
MEDIA_ROOT = ENV.var_dir / "media"
