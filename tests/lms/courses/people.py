"""Who appears in the tests of courses, enrolments and notifications."""

import pytest

from tenants import selectors
from tenants.services import update_settings
from tests.factories.accounts import create_user


@pytest.fixture
def ada(alpha):
    """The school's admin."""
    return create_user("ada", role="admin")


@pytest.fixture
def tara(alpha):
    """The teacher of the course."""
    return create_user("tara", role="instructor")


@pytest.fixture
def ivan(alpha):
    """A teacher of something else."""
    return create_user("ivan", role="instructor")


@pytest.fixture
def sam(alpha):
    """A student."""
    return create_user("sam")


@pytest.fixture
def school(alpha):
    """`school(enforce_payment=False)` changes the school's settings for this test."""
    yield lambda **changes: update_settings(schema=alpha, changes=changes)
    selectors.forget()  # what this process remembers is about to be rolled back


@pytest.fixture
def known_school(alpha, monkeypatch):
    """For counting queries: who the school is stays in memory, however slow the machine."""
    monkeypatch.setattr(selectors, "CACHE_SECONDS", 600.0)
    selectors.forget()
    selectors.find_tenant_by_host("alpha.test")
    selectors.find_tenant_by_schema(alpha)
    yield
    selectors.forget()
