"""What Stoa talks to: Redis, Celery, e-mail, the API's framework. Values come from env.py only."""

from urllib.parse import unquote, urlsplit

from corsheaders.defaults import default_headers
from csp.constants import NONE, SELF

from config.celery import BEAT_SCHEDULE
from config.env import load_or_exit
from config.logging import logging_config

ENV = load_or_exit()

CACHES = {
    "default": {
        "BACKEND": "django.core.cache.backends.redis.RedisCache",
        "LOCATION": ENV.cache_url,
        "KEY_FUNCTION": "tenants.keys.cache_key",
        "TIMEOUT": 300,
        "OPTIONS": {"socket_timeout": 1, "socket_connect_timeout": 1},
    }
}
REDIS_URL = ENV.redis_url
CHANNEL_LAYERS = {
    "default": {
        "BACKEND": "channels_redis.pubsub.RedisPubSubChannelLayer",
        "CONFIG": {"hosts": [ENV.redis_url], "prefix": "stoa"},
    }
}

CELERY_BROKER_URL = ENV.celery_broker_url
CELERY_BROKER_TRANSPORT_OPTIONS = {
    "visibility_timeout": 3600,
    "socket_timeout": 5,
    "socket_connect_timeout": 2,
    "global_keyprefix": "g:celery:",
}
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_ACKS_LATE = True
CELERY_TASK_REJECT_ON_WORKER_LOST = True
CELERY_TASK_TIME_LIMIT = 600
CELERY_TASK_SOFT_TIME_LIMIT = 540
CELERY_TASK_SERIALIZER = "json"
CELERY_ACCEPT_CONTENT = ["json"]
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_WORKER_HIJACK_ROOT_LOGGER = False
CELERY_TASK_PUBLISH_RETRY = False
CELERY_BEAT_SCHEDULE = BEAT_SCHEDULE
CELERY_TASK_DEFAULT_QUEUE = "default"

_email = urlsplit(ENV.email_url)
EMAIL_BACKEND = (
    "django.core.mail.backends.console.EmailBackend"
    if _email.scheme == "console"
    else "django.core.mail.backends.smtp.EmailBackend"
)
EMAIL_HOST = _email.hostname or "localhost"
EMAIL_PORT = _email.port or 25
EMAIL_HOST_USER = unquote(_email.username or "")
EMAIL_HOST_PASSWORD = unquote(_email.password or "")
EMAIL_USE_SSL = _email.scheme == "smtps"
EMAIL_USE_TLS = _email.scheme == "smtp+tls"
EMAIL_TIMEOUT = 10
DEFAULT_FROM_EMAIL = ENV.default_from_email

JWT_SECRET_KEY = ENV.jwt_secret_key
FIELD_ENCRYPTION_KEYS = ENV.field_encryption_keys
ACCESS_TOKEN_SECONDS = 15 * 60
REFRESH_TOKEN_SECONDS = 30 * 24 * 3600

BASE_DOMAIN = ENV.base_domain
SHARED_HOSTS = ENV.shared_hosts
PLATFORM_HOST = ENV.platform_host
PLATFORM_EMAIL_DOMAIN = ENV.platform_email_domain
# Of the addresses in mails; the host is the school's own.
LINK_SCHEME = ENV.link_scheme
LINK_PORT = ENV.link_port
DEFAULT_TENANT = ENV.default_tenant
TRUSTED_PROXIES = ENV.trusted_proxies
METRICS_TOKEN = ENV.metrics_token
VAR_DIR = ENV.var_dir

STREAM_RETENTION_ENTRIES = 10_000
STREAM_RETENTION_DAYS = 30
DATABASE_THREADS = 8

REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": [
        "lms.accounts.authentication.BearerAuthentication",
        "lms.accounts.authentication.CookieAuthentication",
    ],
    "DEFAULT_PERMISSION_CLASSES": ["lms.core.permissions.IsAuthenticated"],
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_PARSER_CLASSES": ["lms.core.parsers.JSONParser"],
    "DEFAULT_PAGINATION_CLASS": "lms.core.pagination.PageNumberPagination",
    "DEFAULT_SCHEMA_CLASS": "drf_spectacular.openapi.AutoSchema",
    "DEFAULT_THROTTLE_CLASSES": ["lms.core.throttling.DefaultThrottle"],
    "EXCEPTION_HANDLER": "lms.core.views.exception_handler",
    "DATETIME_FORMAT": "%Y-%m-%dT%H:%M:%S.%fZ",
    "UNAUTHENTICATED_USER": "django.contrib.auth.models.AnonymousUser",
}
SPECTACULAR_SETTINGS = {
    "TITLE": "Stoa",
    "DESCRIPTION": "Real-time chat, notifications and learning, one schema for each school.",
    "VERSION": "1.0.0",
    "SERVE_INCLUDE_SCHEMA": False,
    "SERVE_PERMISSIONS": ["rest_framework.permissions.AllowAny"],
    "SERVE_AUTHENTICATION": [],
    "SWAGGER_UI_DIST": "SIDECAR",
    "SWAGGER_UI_FAVICON_HREF": "SIDECAR",
    "REDOC_DIST": "SIDECAR",
    "PREPROCESSING_HOOKS": ["lms.core.openapi.only_v1"],
    "POSTPROCESSING_HOOKS": [
        "drf_spectacular.hooks.postprocess_schema_enums",
        "lms.core.openapi.list_mounts",
    ],
    "SCHEMA_PATH_PREFIX": "/api/v1",
    "COMPONENT_SPLIT_REQUEST": True,
    # Several things have a role; these are a person's in their school.
    "ENUM_NAME_OVERRIDES": {
        "UserRoleEnum": "lms.accounts.models.User.Role",
        "MemberRoleEnum": "lms.messaging.models.Member.Role",
        "ConversationKindEnum": "lms.messaging.models.Conversation.Kind",
        "GroupKindEnum": "lms.groups.models.Group.Kind",
    },
}

# Pages of other sites may call the API with a token; cookies never travel.
CORS_ALLOWED_ORIGINS = list(ENV.cors_allowed_origins)
CORS_URLS_REGEX = r"^/api/"
CORS_ALLOW_HEADERS = (*default_headers, "idempotency-key", "x-request-id", "x-tenant")
CORS_EXPOSE_HEADERS = ("Retry-After", "X-Request-ID")

CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [NONE],
        "script-src": [SELF],
        "style-src": [SELF],
        "img-src": [SELF, "data:"],
        "font-src": [SELF],
        # 'self' covers ws:// to the same host in every current browser.
        "connect-src": [SELF],
        "manifest-src": [SELF],
        "form-action": [SELF],
        "frame-ancestors": [NONE],
        "base-uri": [NONE],
    }
}

LOGGING_CONFIG = "logging.config.dictConfig"
LOGGING = logging_config(level=ENV.log_level, style=ENV.log_format)
