"""One superset of a person for every mount; requests take the documents' synonyms."""

import json
from typing import Any
from zoneinfo import available_timezones

from django.conf import settings
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from lms.accounts.models import User
from lms.accounts.services.families import Tokens

MAX_PASSWORD = 1024  # hashing more would be work for nothing
MAX_METADATA = 16 * 1024
ROLE_SYNONYMS = {"learner": "student", "tenant_admin": "admin", "tenant admin": "admin"}


class PasswordField(serializers.CharField):
    def __init__(self, **kwargs: Any) -> None:
        super().__init__(max_length=MAX_PASSWORD, write_only=True, trim_whitespace=False, **kwargs)


class RoleField(serializers.ChoiceField):
    """Any case, and the documents' other words for the same role."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(choices=User.Role.choices, **kwargs)

    def to_internal_value(self, data: Any) -> Any:
        word = str(data).strip().lower()
        return super().to_internal_value(ROLE_SYNONYMS.get(word, word))


@extend_schema_field({"type": "object", "additionalProperties": {}})
class MetadataField(serializers.JSONField):
    """A JSON object of bounded size that PostgreSQL can hold."""

    def to_internal_value(self, data: Any) -> Any:
        if not isinstance(data, dict):
            raise serializers.ValidationError("Give an object.")
        try:
            text = json.dumps(data, ensure_ascii=False, allow_nan=False)
            size = len(text.encode())
        except (ValueError, RecursionError):
            raise serializers.ValidationError("This cannot be kept.") from None
        if size > MAX_METADATA:
            raise serializers.ValidationError("At most 16 KB.")
        if "\\u0000" in text:
            raise serializers.ValidationError("Null characters cannot be kept.")
        return data


class TimeZoneField(serializers.CharField):
    def to_internal_value(self, data: Any) -> str:
        name = super().to_internal_value(data)
        if name not in available_timezones():
            raise serializers.ValidationError("This is not a known time zone.")
        return name


class UserSerializer(serializers.ModelSerializer[User]):
    """A person, under every name the documents use."""

    avatar = serializers.CharField(source="avatar_url", read_only=True)
    date_joined = serializers.DateTimeField(source="created_at", read_only=True)
    last_login_at = serializers.DateTimeField(source="last_login", read_only=True, allow_null=True)
    metadata = MetadataField(read_only=True)

    class Meta:
        model = User
        fields: tuple[str, ...] = (
            "id",
            "external_id",
            "email",
            "full_name",
            "first_name",
            "last_name",
            "role",
            "is_active",
            "mfa_enabled",
            "metadata",
            "avatar",
            "time_zone",
            "created_at",
            "date_joined",
            "updated_at",
            "last_login",
            "last_login_at",
            "email_verified_at",
        )
        read_only_fields: tuple[str, ...] = fields


class UserPageSerializer(serializers.Serializer[Any]):
    count = serializers.IntegerField()
    next = serializers.URLField(allow_null=True)
    previous = serializers.URLField(allow_null=True)
    results = UserSerializer(many=True)


class ProfileWriteSerializer(serializers.Serializer[User]):
    """What people write about themselves. Roles and states are not among it."""

    full_name = serializers.CharField(required=False, min_length=2, max_length=255)
    first_name = serializers.CharField(required=False, allow_blank=True, max_length=150)
    last_name = serializers.CharField(required=False, allow_blank=True, max_length=150)
    avatar = serializers.URLField(
        required=False, allow_blank=True, max_length=500, source="avatar_url"
    )
    time_zone = TimeZoneField(required=False, max_length=50)
    metadata = MetadataField(required=False)


class NewPersonSerializer(ProfileWriteSerializer):
    """Needs a name: whole, or first and last."""

    email = serializers.EmailField(max_length=254)
    password = PasswordField()

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        names = (attrs.get("full_name"), attrs.get("first_name"), attrs.get("last_name"))
        if not any(names):
            raise serializers.ValidationError({"full_name": ["Give a name."]})
        return attrs


class NewUserSerializer(NewPersonSerializer):
    """A person whom an administrator creates."""

    role = RoleField(required=False)
    external_id = serializers.CharField(required=False, allow_null=True, max_length=100)
    is_active = serializers.BooleanField(required=False)


class UserChangeSerializer(ProfileWriteSerializer):
    """What administrators change about people."""

    email = serializers.EmailField(required=False, max_length=254)
    password = PasswordField(required=False)
    role = RoleField(required=False)
    external_id = serializers.CharField(required=False, allow_null=True, max_length=100)
    is_active = serializers.BooleanField(required=False)


class UserFilterSerializer(serializers.Serializer[None]):
    role = RoleField(required=False)
    search = serializers.CharField(required=False, allow_blank=True, max_length=100)
    is_active = serializers.BooleanField(required=False, allow_null=True, default=None)


class LoginSerializer(serializers.Serializer[None]):
    email = serializers.CharField(max_length=254)
    password = PasswordField()


class RefreshSerializer(serializers.Serializer[None]):
    """Either name for the same token."""

    refresh = serializers.CharField(required=False, max_length=4096)
    refresh_token = serializers.CharField(required=False, max_length=4096)

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        if not (attrs.get("refresh_token") or attrs.get("refresh")):
            raise serializers.ValidationError({"refresh_token": ["This field is required."]})
        return attrs


class LogoutSerializer(serializers.Serializer[None]):
    refresh = serializers.CharField(required=False, allow_blank=True, max_length=4096)
    refresh_token = serializers.CharField(required=False, allow_blank=True, max_length=4096)


class TokensSerializer(serializers.Serializer[Any]):
    access_token = serializers.CharField()
    refresh_token = serializers.CharField()
    token_type = serializers.CharField()
    expires_in = serializers.IntegerField(help_text="Seconds the access token lives.")
    access = serializers.CharField(help_text="The access token again.")
    refresh = serializers.CharField(help_text="The refresh token again.")
    user = UserSerializer()


class RegistrationSerializer(UserSerializer):
    """The new person and, beside it, the tokens of their first login."""

    access_token = serializers.CharField()
    refresh_token = serializers.CharField()
    token_type = serializers.CharField()
    expires_in = serializers.IntegerField()
    access = serializers.CharField()
    refresh = serializers.CharField()
    user = UserSerializer()

    class Meta(UserSerializer.Meta):
        fields = (
            *UserSerializer.Meta.fields,
            "access_token",
            "refresh_token",
            "token_type",
            "expires_in",
            "access",
            "refresh",
            "user",
        )
        read_only_fields = fields


class ChallengeSerializer(serializers.Serializer[Any]):
    mfa_required = serializers.BooleanField(default=True)
    challenge_token = serializers.CharField()
    expires_in_seconds = serializers.IntegerField()
    message = serializers.CharField(default="MFA verification required")


class DetailSerializer(serializers.Serializer[Any]):
    detail = serializers.CharField()


class EmailSerializer(serializers.Serializer[None]):
    email = serializers.EmailField(max_length=254)


class ResetSerializer(serializers.Serializer[None]):
    token = serializers.CharField(max_length=4096)
    new_password = PasswordField()


class ConfirmEmailSerializer(serializers.Serializer[None]):
    token = serializers.CharField(max_length=4096)


class PasswordChangeSerializer(serializers.Serializer[None]):
    current_password = PasswordField()
    new_password = PasswordField()


class CodeSerializer(serializers.Serializer[None]):
    """With `challenge_token` it completes a login, without it switches two-step sign-in on."""

    code = serializers.CharField(max_length=32)
    challenge_token = serializers.CharField(
        required=False, allow_blank=True, allow_null=True, max_length=4096
    )


class ChallengeAnswerSerializer(serializers.Serializer[None]):
    code = serializers.CharField(max_length=32)
    challenge_token = serializers.CharField(max_length=4096)


class ChallengeTokenSerializer(serializers.Serializer[None]):
    challenge_token = serializers.CharField(max_length=4096)


class DisableMFASerializer(serializers.Serializer[None]):
    password = PasswordField()
    code = serializers.CharField(max_length=32)


class EnrolmentSerializer(serializers.Serializer[Any]):
    secret = serializers.CharField()
    otpauth_uri = serializers.CharField()
    qr_svg = serializers.CharField()


class RecoveryCodesSerializer(serializers.Serializer[Any]):
    recovery_codes = serializers.ListField(child=serializers.CharField())


class TicketSerializer(serializers.Serializer[Any]):
    ticket = serializers.CharField()
    expires_in = serializers.IntegerField()


class NothingSerializer(serializers.Serializer[None]):
    """A request without a body."""


def tokens_body(tokens: Tokens) -> dict[str, Any]:
    """The pair under both names the documents give it."""
    return {
        "access_token": tokens.access_token,
        "refresh_token": tokens.refresh_token,
        "token_type": "bearer",
        "expires_in": settings.ACCESS_TOKEN_SECONDS,
        "access": tokens.access_token,
        "refresh": tokens.refresh_token,
        "user": UserSerializer(tokens.user).data,
    }


def registration_body(tokens: Tokens) -> dict[str, Any]:
    return {**UserSerializer(tokens.user).data, **tokens_body(tokens)}
