"""What can go wrong with logins and people. None says whether an address has an account."""

from lms.core.errors import BadRequest, Conflict, InvalidField, PermissionDenied, Unauthenticated


class InvalidCredentials(Unauthenticated):
    code, message = "invalid_credentials", "The e-mail address or the password is wrong."


class RefreshInvalid(Unauthenticated):
    code, message = "token_invalid", "The token is invalid or expired."


class RefreshReused(Unauthenticated):
    """A used refresh token came again: every login that descends from it has ended."""

    code, message = "refresh_reused", "This refresh token was used before. Sign in again."


class SecretInvalid(BadRequest):
    code, message = "token_invalid", "This link is invalid, used or expired."


class ChallengeInvalid(Unauthenticated):
    code = "challenge_invalid"
    message = "This sign-in has expired or was tried too often. Start again."


class WrongCode(Unauthenticated):
    code, message = "code_invalid", "The code is wrong or was used."


class CodeRefused(InvalidField):
    """The same, where the person is signed in already and a 401 would sign them out."""

    def __init__(self) -> None:
        super().__init__("code", WrongCode.message)


class MFAAlreadyEnabled(Conflict):
    code, message = "mfa_already_enabled", "Two-step sign-in is on already."


class MFANotEnabled(Conflict):
    code, message = "mfa_not_enabled", "Two-step sign-in is not on."


class EmailTaken(InvalidField):
    def __init__(self) -> None:
        super().__init__("email", "This address cannot be used for a new account.")


class ExternalIdTaken(InvalidField):
    def __init__(self) -> None:
        super().__init__("external_id", "Somebody else has this id.")


class WrongPassword(InvalidField):
    def __init__(self, field: str) -> None:
        super().__init__(field, "This is not your current password.")


class RegistrationClosed(PermissionDenied):
    code, message = "registration_closed", "This school creates its accounts itself."


class LastAdmin(Conflict):
    code, message = "last_admin", "A school needs at least one active administrator."
