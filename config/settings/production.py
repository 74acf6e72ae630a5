"""Production: secure cookies and transport, hashed static files."""

from config.settings.base import *  # noqa: F403 - a settings module is its base plus differences
from config.settings.base import SILENCED_SYSTEM_CHECKS
from config.settings.integrations import *  # noqa: F403

SESSION_COOKIE_SECURE = True
CSRF_COOKIE_SECURE = True
SECURE_HSTS_SECONDS = 365 * 24 * 3600
SECURE_HSTS_INCLUDE_SUBDOMAINS = True
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"},
}
# The proxy in front redirects to https (probes come without it), and whether a domain joins the
# browsers' preload list is its owner's decision.
SILENCED_SYSTEM_CHECKS = [*SILENCED_SYSTEM_CHECKS, "security.W008", "security.W021"]
