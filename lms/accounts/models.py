"""People, their login sessions and everything secret that works once."""

import unicodedata
from typing import Any

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.db import models
from django.db.models.functions import Lower
from django.utils import timezone

from lms.core.ids import uuid7
from lms.core.models import UUIDModel


class UserManager(BaseUserManager["User"]):
    def get_by_natural_key(self, username: str | None) -> "User":
        return self.get(email__iexact=username or "")

    def create_superuser(self, email: str, full_name: str, password: str | None = None) -> "User":
        """What `manage.py createsuperuser` makes: in the public schema, a platform operator."""
        user = self.model(email=email, full_name=full_name, role="admin")
        user.set_password(password)
        user.save()
        return user


class User(AbstractBaseUser):
    """A person. `session_version` grows when every login must end: role, deactivation, reset."""

    class Role(models.TextChoices):
        STUDENT = "student"
        INSTRUCTOR = "instructor"
        ADMIN = "admin"

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    # Null, not empty: the unique constraint has to let many people have none.
    external_id = models.CharField(max_length=100, null=True, unique=True)  # noqa: DJ001
    email = models.EmailField(max_length=254)
    full_name = models.CharField(max_length=255)
    first_name = models.CharField(max_length=150, blank=True)
    last_name = models.CharField(max_length=150, blank=True)
    avatar_url = models.CharField(max_length=500, blank=True)
    time_zone = models.CharField(max_length=50, default="UTC")
    role = models.CharField(max_length=10, choices=Role, default=Role.STUDENT)
    is_active = models.BooleanField(default=True)
    metadata = models.JSONField(default=dict, blank=True)
    session_version = models.PositiveIntegerField(default=1)
    email_verified_at = models.DateTimeField(null=True, blank=True)
    mfa_enabled = models.BooleanField(default=False)
    totp_secret = models.TextField(blank=True)  # encrypted by lms.core.encryption
    totp_last_step = models.BigIntegerField(default=0)  # the newest time step that was used
    created_at = models.DateTimeField(auto_now_add=True, db_index=True)
    updated_at = models.DateTimeField(auto_now=True)

    USERNAME_FIELD = "email"
    REQUIRED_FIELDS = ["full_name"]
    objects = UserManager()

    class Meta:
        constraints = [
            models.UniqueConstraint(Lower("email"), name="user_email_once"),
            models.CheckConstraint(
                name="user_role_known",
                condition=models.Q(role__in=["student", "instructor", "admin"]),
            ),
        ]
        indexes = [
            models.Index(fields=["role", "created_at"], name="user_by_role"),
            models.Index(Lower("full_name"), name="user_by_name"),
            # `users?search=` has trigram indexes from migration 0002.
        ]

    def __str__(self) -> str:
        return self.full_name

    @property
    def is_tenant_admin(self) -> bool:
        return self.role == self.Role.ADMIN

    @property
    def is_instructor(self) -> bool:
        return self.role in (self.Role.INSTRUCTOR, self.Role.ADMIN)

    @property
    def is_staff(self) -> bool:
        """May open the admin of their own schema."""
        return self.is_active and self.is_tenant_admin

    def set_password(self, raw_password: str | None) -> None:
        super().set_password(_composed(raw_password))

    def check_password(self, raw_password: str | None) -> bool:
        return super().check_password(_composed(raw_password))

    def has_perm(self, perm: str, obj: Any = None) -> bool:
        return self.is_staff

    def has_perms(self, perm_list: Any, obj: Any = None) -> bool:
        return self.is_staff

    def has_module_perms(self, app_label: str) -> bool:
        return self.is_staff


def _composed(password: str | None) -> str | None:
    """One form of the same letters: keyboards differ in how they send an accent."""
    return None if password is None else unicodedata.normalize("NFKC", password)


class TokenFamily(UUIDModel):
    """One login: everything that descends from it dies together. Named `sid` in access tokens."""

    class Kind(models.TextChoices):
        API = "api"
        WEB = "web"

    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="token_families")
    kind = models.CharField(max_length=3, choices=Kind, default=Kind.API)
    user_agent = models.CharField(max_length=300, blank=True)
    ip_address = models.GenericIPAddressField(null=True)
    created_at = models.DateTimeField(auto_now_add=True)
    last_used_at = models.DateTimeField(auto_now_add=True)
    expires_at = models.DateTimeField(db_index=True)
    revoked_at = models.DateTimeField(null=True)
    revoked_reason = models.CharField(max_length=40, blank=True)

    class Meta:
        verbose_name_plural = "token families"

    def __str__(self) -> str:
        return f"{self.user_id} {self.kind} {self.id}"


class RefreshToken(UUIDModel):
    """Works once. `token_hash` is a keyed hash of the secret part; `child` is what replaced it.

    `used_by` names the device that replaced it: only that one may ask for the child again.
    """

    family = models.ForeignKey(TokenFamily, on_delete=models.CASCADE, related_name="tokens")
    token_hash = models.CharField(max_length=64)
    created_at = models.DateTimeField(auto_now_add=True)
    expires_at = models.DateTimeField(db_index=True)
    used_at = models.DateTimeField(null=True)
    used_by = models.CharField(max_length=64, blank=True)
    child = models.OneToOneField(
        "self", null=True, on_delete=models.SET_NULL, related_name="parent"
    )

    def __str__(self) -> str:
        return str(self.id)


class OneTimeSecret(UUIDModel):
    """Every secret that works once: one table, one compare-and-set (services/secrets.py).

    The plain secret is made when it is handed out or mailed and never stored: `sent_at` empty
    means that the mail still has to go (the row is the outbox, due at `next_try_at`). Without
    a `user` it is a request for an address (`data["email"]`) that nobody has looked up yet, so
    that asking costs the same for every address.
    """

    class Purpose(models.TextChoices):
        PASSWORD_RESET = "password_reset"  # noqa: S105 - a purpose, not a password
        EMAIL_VERIFICATION = "email_verification"
        MFA_CHALLENGE = "mfa_challenge"
        MFA_EMAIL_CODE = "mfa_email_code"
        RECOVERY_CODE = "recovery_code"
        SOCKET_TICKET = "socket_ticket"
        SECURITY_NOTICE = "security_notice"

    class Notice(models.TextChoices):
        """What a security notice tells about; in `data["event"]`."""

        PASSWORD_CHANGED = "password_changed"  # noqa: S105 - an event, not a password
        EMAIL_CHANGED = "email_changed"
        MFA_ENABLED = "mfa_enabled"
        MFA_DISABLED = "mfa_disabled"
        RECOVERY_CODE_USED = "recovery_code_used"
        REFRESH_REUSED = "refresh_reused"
        ACCOUNT_EXISTS = "account_exists"

    user = models.ForeignKey(User, null=True, on_delete=models.CASCADE, related_name="secrets")
    purpose = models.CharField(max_length=20, choices=Purpose)
    secret_hash = models.CharField(max_length=64, blank=True)
    data = models.JSONField(default=dict)
    attempts = models.PositiveSmallIntegerField(default=0)
    by_mail = models.BooleanField(default=False)
    sent_at = models.DateTimeField(null=True)
    next_try_at = models.DateTimeField(default=timezone.now)
    used_at = models.DateTimeField(null=True)
    created_at = models.DateTimeField(auto_now_add=True)
    expires_at = models.DateTimeField(db_index=True)

    class Meta:
        indexes = [
            models.Index(fields=["user", "purpose", "-created_at"], name="secret_by_user"),
            models.Index(
                fields=["next_try_at"],
                name="secret_waiting_mail",
                condition=models.Q(by_mail=True, sent_at__isnull=True, used_at__isnull=True),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.purpose} {self.id}"
