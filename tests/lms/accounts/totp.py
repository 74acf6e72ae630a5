"""An authenticator app."""

import pyotp
from django.utils import timezone


def current_code(secret: str, *, steps: int = 0) -> str:
    """The code of now, or of some steps of 30 seconds later or earlier."""
    return pyotp.TOTP(secret).at(int(timezone.now().timestamp()) + 30 * steps)
