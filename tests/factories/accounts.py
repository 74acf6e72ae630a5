"""People for tests. Call inside a tenant."""

from datetime import timedelta

from django.conf import settings
from django.utils import timezone

from lms.accounts.models import TokenFamily, User
from lms.accounts.tokens import encode_access
from tenants.context import current_schema

PASSWORD = "correct horse battery"


def create_user(name: str = "sam", *, role: str = "student", **fields: object) -> User:
    """A person named after the first word; the e-mail's domain is the tenant's own in tests."""
    user = User(
        email=fields.pop("email", f"{name}@alpha.school"),
        full_name=fields.pop("full_name", f"{name.title()} Tester"),
        role=role,
        **fields,
    )
    user.set_password(PASSWORD)
    user.save()
    return user


def access_token(user: User) -> str:
    """A live login's access token, as the login endpoint would give."""
    family = TokenFamily.objects.create(
        user=user,
        expires_at=timezone.now() + timedelta(seconds=settings.REFRESH_TOKEN_SECONDS),
    )
    return encode_access(
        schema=current_schema(), user_id=user.pk, family_id=family.pk, version=user.session_version
    )


def bearer(user: User) -> dict[str, str]:
    """Headers for Django's test client: `client.get(path, headers=bearer(user))`."""
    return {"Authorization": f"Bearer {access_token(user)}"}
