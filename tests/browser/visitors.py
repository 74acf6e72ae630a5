"""People in front of browsers. Whatever a browser complains about fails the test."""

import re
from collections.abc import Callable
from typing import Any

from playwright.sync_api import Browser, BrowserContext, Locator, Page, expect

from lms.accounts.models import User
from tests.browser.site import Site
from tests.factories.accounts import PASSWORD

PHONE = {"viewport": {"width": 390, "height": 844}, "is_mobile": True, "has_touch": True}
# What htmx says when a page is left while a part of it was on its way. A request that fails for
# another reason makes the browser itself complain too.
LEFT_EARLY = "^error: htmx:(afterRequest|sendError)"
DESK = {"viewport": {"width": 1280, "height": 800}}


class Visitors:
    """Opens pages, signs people in, listens to the consoles."""

    def __init__(self, browser: Browser, site: Site) -> None:
        self.browser = browser
        self.site = site
        self.contexts: list[BrowserContext] = []
        self.complaints: list[str] = []
        self.expected = [LEFT_EARLY]

    def expect_complaints(self, *patterns: str) -> None:
        """What the browser itself says about a connection that the test takes away."""
        self.expected += patterns

    def open(self, *, school: str = "alpha", path: str = "/", **options: Any) -> Page:
        """A page of a fresh browser, not signed in."""
        context = self.browser.new_context(
            base_url=self.site.url("", school=school), locale="en-GB", **{**DESK, **options}
        )
        context.set_default_timeout(10_000)
        self.contexts.append(context)
        page = context.new_page()
        page.on("console", self._heard)
        page.on("pageerror", lambda error: self.complaints.append(f"error: {error}"))
        page.goto(path)
        return page

    def sign_in(
        self, person: User, *, school: str = "alpha", path: str = "/", **options: Any
    ) -> Page:
        page = self.open(school=school, path=f"/login/?next={path}", **options)
        fill_login(page, person.email)
        page.wait_for_selector(".rail")
        return page

    def _heard(self, message: Any) -> None:
        if message.type in ("error", "warning"):
            self.complaints.append(f"{message.type}: {message.text}")

    def close(self) -> None:
        for context in self.contexts:
            context.close()

    def unexpected(self) -> list[str]:
        pattern = re.compile("|".join(self.expected))
        return [line for line in self.complaints if not pattern.search(line)]


def fill_login(page: Page, email: str, password: str = PASSWORD) -> None:
    page.get_by_label("E-mail").fill(email)
    page.get_by_label("Password", exact=True).fill(password)
    page.get_by_role("button", name="Sign in").click()


def open_conversation(page: Page, title: str) -> None:
    page.get_by_role("navigation", name="Conversations").get_by_text(title, exact=True).click()
    expect(page.get_by_role("heading", name=title)).to_be_visible()
    wait_live(page)


def wait_live(page: Page) -> None:
    expect(page.locator("chat-room [data-part=dot].is-live")).to_be_visible(timeout=15_000)


def say(page: Page, text: str) -> None:
    box = page.locator("textarea")
    box.fill(text)
    box.press("Enter")


def message(page: Page, text: str) -> Locator:
    return page.locator(".message", has=page.locator(".message-text", has_text=text))


def texts(page: Page) -> list[str]:
    """Everything said that is on the screen, in its order."""
    return page.locator(".messages .message-text").all_inner_texts()


def until(page: Page, condition: Callable[[], bool], what: str = "it") -> None:
    """Wait for something no locator can say, while the page goes on working."""
    for _ in range(400):
        if condition():
            return
        page.wait_for_timeout(25)
    raise AssertionError(f"{what} did not happen in time")
