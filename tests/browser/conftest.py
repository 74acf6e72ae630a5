"""A server, a Chromium, two schools with people in them."""

import shutil
from collections.abc import Iterator
from dataclasses import dataclass

import pytest
from playwright.sync_api import Browser, sync_playwright

from lms.accounts.models import User
from lms.forum.models import Forum
from lms.groups.models import Group
from tenants.context import in_tenant
from tests.browser.site import Site, start_site
from tests.browser.visitors import Visitors
from tests.factories.accounts import create_user
from tests.factories.forum import create_forum
from tests.factories.groups import create_group

FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if "tests/browser/" in item.path.as_posix():
            item.add_marker(pytest.mark.browser)


@pytest.fixture(scope="session")
def site(schemas, django_db_blocker, tmp_path_factory) -> Iterator[Site]:
    with django_db_blocker.unblock():
        process = start_site(tmp_path_factory.mktemp("browser"))
    yield process
    process.stop()


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """Playwright keeps an event loop running in this thread, and Django then refuses the ORM.

    It runs no coroutine of ours, so that refusal is lifted; and only for as long as the loop
    runs, which is why this fixture does not live as long as the session.
    """
    with (
        pytest.MonkeyPatch.context() as patch,
        sync_playwright() as playwright,
    ):
        patch.setenv("DJANGO_ALLOW_ASYNC_UNSAFE", "1")
        chromium = shutil.which("chromium")
        browser = playwright.chromium.launch(executable_path=chromium, args=FLAGS)
        yield browser
        browser.close()


@dataclass(frozen=True)
class School:
    """Alpha: sam and tara (an instructor) share a forum and a group; sven is in the forum only.
    Beta: bea has a forum of her own."""

    schema: str
    other_schema: str
    sam: User
    tara: User
    sven: User
    bea: User
    forum: Forum
    group: Group


@pytest.fixture
def school(alpha_committed, beta) -> School:
    sam, sven = create_user("sam"), create_user("sven")
    tara = create_user("tara", role="instructor")
    forum = create_forum(tara, title="Town Square")
    group = create_group(tara, sam, name="Study Circle")
    with in_tenant(beta):
        bea = create_user("bea", email="bea@beta.school", role="instructor")
        create_forum(bea, title="Beta Plaza")
    return School(alpha_committed, beta, sam, tara, sven, bea, forum, group)


@pytest.fixture
def visitors(school, site, browser) -> Iterator[Visitors]:
    """No test of this folder passes while a console shows an error, a CSP violation among them."""
    people = Visitors(browser, site)
    yield people
    people.close()
    assert people.unexpected() == []
