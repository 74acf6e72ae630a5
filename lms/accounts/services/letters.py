"""What the mails say. Each is one short text with at most one button or code."""

from dataclasses import dataclass

from lms.accounts.links import page_url
from lms.accounts.models import OneTimeSecret, User

Purpose, Notice = OneTimeSecret.Purpose, OneTimeSecret.Notice


@dataclass(frozen=True, slots=True, kw_only=True)
class Letter:
    subject: str
    text: str
    button: str = ""
    link: str = ""
    code: str = ""
    small: str = ""


NOT_YOU = "If this was not you, change your password at once and tell your school."
NOTICES = {
    Notice.PASSWORD_CHANGED: (
        "Your password was changed",
        "The password of your account was changed, and your other sign-ins have ended.",
    ),
    Notice.EMAIL_CHANGED: (
        "Your e-mail address was changed",
        "Your account uses another e-mail address from now on, and your sign-ins have ended.",
    ),
    Notice.MFA_ENABLED: (
        "Two-step sign-in is on",
        "Signing in to your account now asks for a code as well.",
    ),
    Notice.MFA_DISABLED: (
        "Two-step sign-in is off",
        "Signing in to your account asks for the password only.",
    ),
    Notice.RECOVERY_CODE_USED: (
        "A recovery code was used",
        "One of your recovery codes was used to confirm that it is you.",
    ),
    Notice.REFRESH_REUSED: (
        "A sign-in was ended for your safety",
        "Somebody used an old key of one of your sign-ins, which can mean that it was copied."
        " We have ended that sign-in; sign in again to go on.",
    ),
    Notice.ACCOUNT_EXISTS: (
        "You have an account already",
        "Somebody, probably you, tried to register with this address. It has an account"
        " already: sign in, or ask for a new password if you do not remember it.",
    ),
}


def letter_for(row: OneTimeSecret, user: User, secret: str) -> Letter:
    """`secret` is the token or code that this mail carries."""
    if row.purpose == Purpose.PASSWORD_RESET:
        return Letter(
            subject="Choose a new password",
            text=f"Hello {user.full_name}, somebody asked for a new password for your account.",
            button="Choose a new password",
            link=page_url("/reset-password/", token=secret),
            small="The link works once, for one hour. If you did not ask for it, do nothing.",
        )
    if row.purpose == Purpose.EMAIL_VERIFICATION:
        return Letter(
            subject="Confirm your e-mail address",
            text=f"Hello {user.full_name}, please confirm that this address is yours.",
            button="Confirm the address",
            link=page_url("/confirm-email/", token=secret),
            small="The link works once, for two days. If you have no account here, do nothing.",
        )
    if row.purpose == Purpose.MFA_EMAIL_CODE:
        return Letter(
            subject="Your sign-in code",
            text="Use this code to finish signing in:",
            code=secret,
            small=f"It works for five minutes. {NOT_YOU}",
        )
    subject, text = NOTICES[Notice(row.data["event"])]
    return Letter(subject=subject, text=text, small=NOT_YOU)
