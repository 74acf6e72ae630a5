"""For the HTTP doors of all apps: who is asking, as a User and nothing else."""

from rest_framework.request import Request

from lms.accounts.models import User
from lms.core.errors import Unauthenticated


def person_of(request: Request) -> User:
    """Whoever is signed in; the view's permission has made sure that somebody is."""
    if not isinstance(request.user, User):
        raise Unauthenticated
    return request.user
