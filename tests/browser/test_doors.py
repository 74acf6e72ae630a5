"""Getting in: passwords, second steps, links from mails; and getting out."""

import re

import pytest
from django.core import mail
from playwright.sync_api import Page, expect

from lms.accounts.models import OneTimeSecret, User
from lms.accounts.services.mailing import send_secret
from lms.accounts.services.mfa import confirm_mfa, start_mfa
from tests.browser.visitors import Visitors, fill_login, until
from tests.factories.accounts import PASSWORD
from tests.lms.accounts.totp import current_code

NEW_PASSWORD = "a staple for the horse"


@pytest.fixture
def second_factor(school) -> tuple[str, list[str]]:
    """Sam has two-step sign-in: the secret, and the recovery codes."""
    secret = start_mfa(user=school.sam).secret
    school.sam.refresh_from_db()
    # An earlier step, so that the present one is fresh for the browser.
    codes = confirm_mfa(user=school.sam, code=current_code(secret, steps=-1), keep=None)
    return secret, codes


def newest_mail(page: Page) -> str:
    """What the worker would send, sent here."""
    waiting = OneTimeSecret.objects.filter(by_mail=True, sent_at=None, used_at=None)
    until(page, waiting.exists, "a mail to send")
    for row in waiting.order_by("created_at"):
        send_secret(secret_id=row.pk)
    return str(mail.outbox[-1].body)


def follow_link(page: Page, body: str) -> None:
    link = re.search(r"https?://[^/\s]+(/\S+)", body)
    assert link is not None, body
    page.goto(link.group(1))


def first_step(visitors: Visitors, person: User) -> Page:
    page = visitors.open(path="/people/")
    fill_login(page, person.email)
    expect(page.get_by_role("heading", name="Second step")).to_be_visible()
    return page


def test_a_wrong_password_is_refused_in_words_and_the_address_stays(school, visitors):
    visitors.expect_complaints("status of 400")
    page = visitors.open()
    expect(page).to_have_url(re.compile(r"/login/\?next=%2F$"))

    fill_login(page, school.sam.email, "not it")

    expect(page.get_by_role("alert")).to_have_text("The e-mail address or the password is wrong.")
    expect(page.get_by_label("E-mail")).to_have_value(school.sam.email)
    fill_login(page, school.sam.email)
    expect(page.get_by_role("navigation", name="Main")).to_be_visible()


def test_an_authenticator_code_is_the_second_step_and_leads_where_one_wanted(
    school, visitors, second_factor
):
    visitors.expect_complaints("status of 400")
    secret, _ = second_factor
    page = first_step(visitors, school.sam)

    page.get_by_label("Code").fill("000000")
    page.get_by_role("button", name="Continue").click()
    expect(page.get_by_role("alert")).to_have_text("The code is wrong or was used.")
    page.get_by_label("Code").fill(current_code(secret))
    page.get_by_role("button", name="Continue").click()

    expect(page).to_have_url(re.compile("/people/$"))
    expect(page.get_by_role("heading", name="People")).to_be_visible()


def test_a_recovery_code_works_once(school, visitors, second_factor):
    _, (code, *_) = second_factor
    page = first_step(visitors, school.sam)
    page.get_by_label("Code").fill(code)
    page.get_by_role("button", name="Continue").click()
    expect(page.get_by_role("heading", name="People")).to_be_visible()

    visitors.expect_complaints("status of 400")
    again = first_step(visitors, school.sam)
    again.get_by_label("Code").fill(code)
    again.get_by_role("button", name="Continue").click()
    expect(again.get_by_role("alert")).to_be_visible()


def test_a_mailed_code_is_a_second_step_too(school, visitors, second_factor):
    newest = None
    page = first_step(visitors, school.sam)
    page.get_by_role("button", name="Send me a code by e-mail").click()
    expect(page.get_by_role("status")).to_have_text("A code is on its way to your address.")
    newest = re.search(r"\b(\d{6,8})\b", newest_mail(page))
    assert newest is not None

    page.get_by_label("Code").fill(newest.group(1))
    page.get_by_role("button", name="Continue").click()

    expect(page.get_by_role("heading", name="People")).to_be_visible()


def test_a_forgotten_password_is_chosen_anew_by_mail(school, visitors):
    page = visitors.open()
    page.get_by_role("link", name="Forgot your password?").click()
    page.get_by_label("E-mail").fill(school.sam.email)
    page.get_by_role("button", name="Send the link").click()
    expect(page.get_by_role("heading", name="Look into your mail")).to_be_visible()

    follow_link(page, newest_mail(page))
    page.get_by_label("New password", exact=True).fill(NEW_PASSWORD)
    page.get_by_role("button", name="Save password").click()

    expect(page.get_by_role("status")).to_contain_text("Your password is changed")
    fill_login(page, school.sam.email, NEW_PASSWORD)
    expect(page.get_by_role("navigation", name="Main")).to_be_visible()


def test_a_new_person_registers_is_in_and_confirms_the_address(school, visitors):
    visitors.expect_complaints("status of 400")
    page = visitors.open()
    page.get_by_role("link", name="Create an account").click()
    page.get_by_label("Your name").fill("Nora Newcomer")
    page.get_by_label("E-mail").fill("nora@alpha.school")
    page.get_by_label("Password", exact=True).fill("short")
    page.get_by_role("button", name="Create account").click()
    expect(page.get_by_role("alert")).to_contain_text("too short")
    page.get_by_label("Password", exact=True).fill(NEW_PASSWORD)
    page.get_by_role("button", name="Create account").click()
    expect(page.get_by_text("Town Square")).to_be_visible()

    follow_link(page, newest_mail(page))
    page.get_by_role("button", name="Confirm my address").click()

    until(page, lambda: User.objects.get(full_name="Nora Newcomer").email_verified_at is not None)


@pytest.mark.parametrize(
    "elsewhere", ["https://evil.example/", "//evil.example/", "/\\evil.example"]
)
def test_signing_in_never_leads_to_another_host(school, visitors, elsewhere):
    page = visitors.open(path=f"/login/?next={elsewhere}")

    fill_login(page, school.sam.email)

    expect(page.get_by_role("navigation", name="Main")).to_be_visible()
    expect(page).to_have_url(re.compile(r"^http://alpha\.localhost:\d+/$"))


def test_on_the_shared_host_people_of_another_school_are_shown_the_way(school, visitors, site):
    page = visitors.open(path=f"http://localhost:{site.port}/login/")

    fill_login(page, school.bea.email)

    expect(page.get_by_role("alert")).to_contain_text("This address belongs to Beta.")
    expect(page.get_by_role("alert").get_by_role("link")).to_have_attribute(
        "href", re.compile(rf"^http://beta\.(test|localhost):{site.port}/login/$")
    )


def test_signing_out_ends_the_page_everywhere_and_forgets_drafts(school, visitors):
    page = visitors.sign_in(school.sam, path=f"/c/{school.forum.pk}/")
    page.locator("textarea").fill("private words")
    other_tab = page.context.new_page()
    other_tab.goto(f"/c/{school.group.pk}/")
    expect(other_tab.locator("[data-part=dot].is-live")).to_be_visible()

    page.goto("/profile/")
    page.get_by_role("button", name="Sign out").click()

    expect(page.get_by_role("status")).to_have_text("You are signed out.")
    assert page.evaluate("Object.keys(localStorage).filter(k => k.startsWith('stoa:d'))") == []
    expect(other_tab.get_by_role("heading", name="Sign in")).to_be_visible(timeout=15_000)
    page.go_back()
    expect(page.get_by_role("heading", name="Sign in")).to_be_visible()
    assert PASSWORD not in page.content()
