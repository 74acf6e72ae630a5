"""A person with two-step sign-in."""

from datetime import timedelta

import time_machine
from django.utils import timezone

from lms.accounts.services import challenges
from lms.accounts.services.login import log_in
from lms.accounts.services.mfa import confirm_mfa, start_mfa
from tests.factories.accounts import PASSWORD, create_user
from tests.lms.accounts.totp import current_code


class Guarded:
    """A person with two-step sign-in, their authenticator's secret and recovery codes."""

    def __init__(self):
        self.user = create_user("sam")
        self.secret = start_mfa(user=self.user).secret
        self.user.refresh_from_db()
        # Switched on a while ago, so that the code of now is still unused.
        with time_machine.travel(timezone.now() - timedelta(minutes=5)):
            code = current_code(self.secret)
            self.codes = confirm_mfa(user=self.user, code=code, keep=None)
        self.user.refresh_from_db()

    def challenge(self) -> str:
        return log_in(email=self.user.email, password=PASSWORD).token

    def answer(self, code: str, challenge: str = ""):
        return challenges.log_in_with_code(challenge_token=challenge or self.challenge(), code=code)


def wrong(code: str) -> str:
    return f"{(int(code) + 1) % 1_000_000:06d}"
