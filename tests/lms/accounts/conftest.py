import pytest

from lms.accounts.services.families import Tokens
from lms.accounts.services.login import log_in
from tests.factories.accounts import PASSWORD, create_user
from tests.lms.accounts.api import Api


@pytest.fixture
def sam(alpha):
    """A student of alpha."""
    return create_user("sam")


@pytest.fixture
def ada(alpha):
    """The administrator of alpha."""
    return create_user("ada", role="admin")


@pytest.fixture
def tokens(sam) -> Tokens:
    """What sam got for signing in."""
    return log_in(email=sam.email, password=PASSWORD)


@pytest.fixture
def anybody() -> Api:
    return Api()
