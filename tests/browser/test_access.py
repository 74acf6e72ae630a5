"""Usable without a mouse, on a phone, in both themes, by those who listen to the page."""

from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from lms.messaging.services.reactions import add_reaction
from tests.browser.visitors import PHONE, message, open_conversation, say, until, wait_live
from tests.factories.courses import create_announcement, create_course, enroll
from tests.factories.messaging import send

PAGES = (
    "/",
    "/c/{forum}/",
    "/c/{group}/about/",
    "/groups/",
    "/groups/new/",
    "/courses/",
    "/courses/{course}/",
    "/people/",
    "/notifications/",
    "/profile/",
)
DOORS = (
    "/login/",
    "/register/",
    "/forgot-password/",
    "/reset-password/?token=x",
    "/confirm-email/",
)

CHECKS = (Path(__file__).parent / "checks.js").read_text()


def check(page: Page, *names: str) -> list[str]:
    """What the checks of these names find wrong with the page as it is."""
    return [line for name in names for line in page.evaluate(f"({CHECKS}).{name}()")]


def addresses(school) -> list[str]:
    """The signed-in pages, with something on each."""
    course = create_course(school.tara, title="Rhetoric")
    enroll(school.sam, course)
    create_announcement(course)
    sent = send(school.forum.conversation, school.tara, "Look: https://example.org and `code`")
    send(school.forum.conversation, school.sam, "I see", reply_to=sent.message_id)
    add_reaction(actor=school.sam, message_id=sent.message_id, emoji="👍")
    places = {"forum": school.forum.pk, "group": school.group.pk, "course": course.pk}
    return [path.format(**places) for path in PAGES]


def settle(page: Page, path: str) -> None:
    page.goto(path)
    if path.startswith("/c/") and "about" not in path:
        wait_live(page)


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("shape", ["desk", "phone"])
def test_every_page_can_be_read_named_and_touched(school, visitors, theme, shape):
    look = {"color_scheme": theme, **(PHONE if shape == "phone" else {})}
    paths = addresses(school)
    page = visitors.sign_in(school.sam, **look)
    stranger = visitors.open(path="/login/", **look)
    visited = [(page, path) for path in paths] + [(stranger, path) for path in DOORS]

    problems = {}
    for visitor, path in visited:
        settle(visitor, path)
        found = check(visitor, "nameless", "broken", "faint", "tooWide")
        if shape == "phone":
            found += check(visitor, "small")
        if found:
            problems[path] = found
    assert problems == {}


def test_the_checks_of_this_file_find_what_is_wrong(school, visitors):
    page = visitors.open(path="/login/", **PHONE)
    page.evaluate(
        """html => document.body.insertAdjacentHTML('beforeend', html)""",
        '<main><p class="bad">faint</p><button></button><a href="/" id="a"></a><i id="a"></i>',
    )
    page.evaluate("""() => {
        document.querySelector('.bad').style.setProperty('color', '#aaa');
        document.querySelector('main').style.setProperty('width', '2000px');
    }""")

    assert len(check(page, "nameless")) == 2
    assert set(check(page, "broken")) == {"id twice: a", "not one main"}
    assert [line for line in check(page, "faint") if "faint" in line]
    assert [line for line in check(page, "small") if "<button></button>" in line]
    assert check(page, "tooWide") == ["wider than the screen"]


def test_on_a_phone_one_sees_one_pane_at_a_time(school, visitors):
    page = visitors.sign_in(school.sam, **PHONE)
    listed = page.get_by_role("navigation", name="Conversations")
    expect(listed).to_be_visible()
    expect(page.locator("#main")).to_be_hidden()

    open_conversation(page, "Town Square")
    expect(listed).to_be_hidden()
    page.locator("textarea").fill("from a phone")
    page.get_by_role("button", name="Send").tap()
    expect(message(page, "from a phone")).to_be_in_viewport()
    expect(page.locator("textarea")).to_be_in_viewport()

    page.get_by_role("link", name="Back to conversations").tap()
    expect(listed).to_be_visible()
    expect(listed).to_contain_text("You: from a phone")
    page.go_back()
    expect(page.get_by_role("heading", name="Town Square")).to_be_visible()


def test_the_whole_way_goes_without_a_mouse(school, visitors):
    keys = visitors.open().keyboard
    page = visitors.contexts[-1].pages[0]
    tab_to(page, "input[name=email]")
    keys.type(school.sam.email)
    tab_to(page, "input[name=password]")
    keys.type("correct horse battery")
    keys.press("Enter")
    expect(page.get_by_role("navigation", name="Main")).to_be_visible()
    until(page, lambda: page.evaluate("!!customElements.get('conversation-list')"), "the scripts")

    keys.press("Tab")
    expect(page.get_by_role("link", name="Skip to content")).to_be_focused()
    keys.press("Control+k")
    expect(page.get_by_label("Find a conversation")).to_be_focused()
    keys.type("town")
    keys.press("Enter")
    expect(page.get_by_role("textbox", name="Message Town Square")).to_be_focused()
    wait_live(page)
    keys.type("first line")
    keys.press("Shift+Enter")
    keys.type("second line")
    keys.press("Enter")
    expect(message(page, "second line").get_by_role("button", name="Edit")).to_be_attached()
    assert (
        message(page, "first line").locator(".message-text").inner_text()
        == "first line\nsecond line"
    )

    keys.press("ArrowUp")
    expect(page.get_by_text("Editing your message")).to_be_visible()
    keys.press("Escape")
    expect(page.get_by_text("Editing your message")).to_be_hidden()
    expect(page.locator("textarea")).to_have_value("")

    tab_to(page, ".scroller", backwards=True)
    keys.press("ArrowUp")
    expect(message(page, "first line")).to_be_focused()
    keys.press("r")
    expect(page.get_by_text("Replying to Sam Tester")).to_be_visible()
    expect(page.locator("textarea")).to_be_focused()
    keys.press("Escape")

    keys.press("Control+/")
    expect(page.get_by_role("dialog", name="Keyboard shortcuts")).to_be_visible()
    keys.press("Escape")
    expect(page.get_by_role("dialog")).to_have_count(0)
    keys.press("Alt+ArrowDown")
    expect(page.get_by_role("textbox", name="Message Study Circle")).to_be_focused()


def tab_to(page: Page, selector: str, *, backwards: bool = False) -> None:
    """Press Tab until there, as a person would."""
    for _ in range(40):
        if page.evaluate("s => document.activeElement.matches(s)", selector):
            return
        page.keyboard.press("Shift+Tab" if backwards else "Tab")
    raise AssertionError(f"{selector} cannot be reached with Tab")


def test_new_messages_are_spoken_but_not_one_by_one(school, visitors):
    sam = visitors.sign_in(school.sam, path=f"/c/{school.forum.pk}/")
    wait_live(sam)
    sam.evaluate("""() => {
      window.spoken = [];
      const region = document.getElementById('announcer');
      new MutationObserver(() => spoken.push(region.textContent))
        .observe(region, {childList: true, characterData: true, subtree: true});
    }""")

    for number in range(20):
        send(school.forum.conversation, school.tara, f"word {number}")

    expect(message(sam, "word 19")).to_be_visible()
    expect(sam.locator("#announcer")).to_contain_text("word 19")
    assert len(sam.evaluate("spoken")) <= 3


def test_the_theme_follows_the_system_until_one_chooses(school, visitors):
    page = visitors.sign_in(school.sam, color_scheme="dark")
    html = page.locator("html")
    expect(html).to_have_attribute("data-theme", "dark")
    page.emulate_media(color_scheme="light")
    expect(html).to_have_attribute("data-theme", "light")

    page.get_by_role("button", name="Dark").click()

    expect(html).to_have_attribute("data-theme", "dark")
    page.reload()
    expect(html).to_have_attribute("data-theme", "dark")
    expect(page.get_by_role("button", name="Dark")).to_have_attribute("aria-pressed", "true")


def test_who_asked_for_less_motion_gets_none(school, visitors):
    page = visitors.sign_in(school.sam, path="/", reduced_motion="reduce")
    duration = page.evaluate(
        """() => { const toast = document.createElement('div'); toast.className = 'toast';
        document.body.append(toast); return getComputedStyle(toast).animationDuration; }"""
    )
    assert float(duration.removesuffix("s")) < 0.001


def test_the_page_works_by_plain_links_when_its_scripts_do_not_arrive(school, visitors):
    """A school's proxy may swallow them: reading, forms and signing in still go."""
    send(school.forum.conversation, school.tara, "seen in the list")
    page = visitors.sign_in(school.sam, java_script_enabled=False)

    page.get_by_role("link", name="People").click()
    page.get_by_role("button", name="Tara Tester").click()

    expect(page.get_by_role("heading", name="Tara Tester")).to_be_visible()
    page.get_by_role("link", name="Back to conversations").or_(
        page.get_by_role("link", name="Chats")
    ).first.click()
    expect(page.get_by_text("Tara Tester: seen in the list")).to_be_visible()


def test_what_is_typed_with_an_input_method_is_not_sent_half_way(school, visitors):
    page = visitors.sign_in(school.sam, path=f"/c/{school.forum.pk}/")
    wait_live(page)
    page.locator("textarea").fill("かな")
    page.locator("textarea").dispatch_event("keydown", {"key": "Enter", "isComposing": True})
    expect(page.locator(".messages .message")).to_have_count(0)
    say(page, "かな")
    expect(message(page, "かな")).to_have_count(1)
