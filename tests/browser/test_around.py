"""Everything around the chat: courses, alerts, people, groups, one's own account."""

import re

from playwright.sync_api import expect

from lms.messaging.models import Conversation, Member
from lms.notifications.services import notify
from tests.browser.test_doors import NEW_PASSWORD
from tests.browser.visitors import fill_login, message, open_conversation, say, wait_live
from tests.factories.accounts import PASSWORD
from tests.factories.courses import create_announcement, create_course, enroll
from tests.lms.accounts.totp import current_code


def test_alerts_arrive_live_lead_somewhere_and_are_read(school, visitors):
    sam = visitors.sign_in(school.sam)
    alerts = sam.get_by_role("link", name="Alerts")
    expect(alerts).to_contain_text("1 unread")

    notify(
        user_ids=[school.sam.pk],
        kind="test",
        title="Cake <b>in</b> the kitchen",
        body="Until three",
        link=f"/c/{school.forum.pk}/",
    )

    expect(alerts).to_contain_text("2 unread")
    expect(sam.locator(".toast")).to_contain_text("Cake <b>in</b> the kitchen")
    alerts.click()
    expect(sam.locator(".notification")).to_have_count(2)
    notify(user_ids=[school.sam.pk], kind="test", title="And tea")
    expect(sam.locator(".notification").first).to_contain_text("And tea")
    sam.get_by_role("button", name="Cake <b>in</b> the kitchen", exact=True).click()
    expect(sam.get_by_role("heading", name="Town Square")).to_be_visible()
    expect(alerts).to_contain_text("2 unread")
    alerts.click()
    sam.get_by_role("button", name="Mark all as read").click()
    expect(sam.get_by_text("All read")).to_be_visible()
    expect(alerts.locator(".badge")).to_be_hidden()


def test_one_enrols_and_announcements_appear_by_themselves(school, visitors):
    course = create_course(school.tara, title="Rhetoric")
    create_announcement(course, title="Before")
    sam = visitors.sign_in(school.sam)
    sam.get_by_role("link", name="Courses").click()
    sam.get_by_role("link", name="Rhetoric", exact=True).click()
    expect(sam.get_by_text("Announcements are for the people in the course")).to_be_visible()

    sam.get_by_role("button", name="Enrol").click()

    expect(sam.get_by_text("Enrolled")).to_be_visible()
    expect(sam.get_by_role("heading", name="Before")).to_be_visible()
    expect(sam.locator("course-feed .live-dot.is-live")).to_be_visible()
    create_announcement(course, title="Exam on Monday", body="Bring a pen")
    expect(sam.locator(".announcement").first).to_contain_text("Bring a pen")
    expect(sam.locator(".announcement")).to_have_count(2)


def test_a_teacher_announces_and_the_class_hears_it(school, visitors):
    course = create_course(school.tara, title="Logic")
    enroll(school.sam, course)
    sam = visitors.sign_in(school.sam, path=f"/courses/{course.pk}/")
    expect(sam.locator("course-feed .live-dot.is-live")).to_be_visible()
    tara = visitors.sign_in(school.tara, path=f"/courses/{course.pk}/")

    tara.get_by_label("Title").fill("No class tomorrow")
    tara.get_by_label("Text").fill("Read <chapter> two")
    tara.get_by_role("button", name="Announce").click()

    expect(tara.get_by_role("heading", name="No class tomorrow")).to_be_visible()
    expect(sam.get_by_role("heading", name="No class tomorrow")).to_be_visible()
    expect(sam.locator(".announcement")).to_contain_text("Read <chapter> two")


def test_finding_somebody_begins_a_conversation_both_see(school, visitors):
    tara = visitors.sign_in(school.tara)
    sam = visitors.sign_in(school.sam)
    sam.get_by_role("link", name="People").click()
    sam.get_by_label("Find a person").press_sequentially("tara", delay=20)
    expect(sam.locator("#found .line")).to_have_count(1)

    sam.get_by_role("button", name="Tara Tester").click()

    expect(sam.get_by_role("heading", name="Tara Tester")).to_be_visible()
    wait_live(sam)
    say(sam, "Only for you")
    open_conversation(tara, "Sam Tester")
    expect(message(tara, "Only for you")).to_be_visible()
    assert Conversation.objects.filter(kind="direct").count() == 1


def test_a_group_is_made_filled_and_left(school, visitors):
    visitors.expect_complaints("status of 404")
    sam = visitors.sign_in(school.sam)
    sam.get_by_role("link", name="Groups").click()
    sam.get_by_role("link", name="New group").click()
    sam.get_by_label("Name").fill("Night Owls")
    sam.get_by_role("button", name="Create group").click()
    expect(sam.get_by_role("heading", name="Night Owls")).to_be_visible()

    sam.get_by_label("Find a person to add").press_sequentially("sven", delay=20)
    sam.get_by_role("button", name="Add Sven Tester").click()
    expect(sam.get_by_role("heading", name="2 members")).to_be_visible()

    sven = visitors.sign_in(school.sven)
    open_conversation(sven, "Night Owls")
    sven.get_by_role("link", name="About this group").click()
    sven.get_by_role("button", name="Leave this group").click()
    sven.get_by_role("dialog").get_by_role("button", name="Yes").click()
    expect(sven.get_by_role("heading", name="Pick up where you left off")).to_be_visible()
    expect(sven.locator(".row", has_text="Night Owls")).to_have_count(0)
    assert not Member.objects.filter(
        user=school.sven, audience__conversation__title="Night Owls"
    ).exists()


def test_an_instructor_opens_a_forum(school, visitors):
    tara = visitors.sign_in(school.tara)
    tara.get_by_role("link", name="New forum").click()
    tara.get_by_label("Title").fill("Help Desk")
    tara.get_by_role("button", name="Create forum").click()
    expect(tara.get_by_role("heading", name="Help Desk")).to_be_visible()

    sam = visitors.sign_in(school.sam)
    expect(sam.get_by_role("link", name=re.compile("^Help Desk"))).to_be_visible()
    expect(sam.get_by_role("link", name="New forum")).to_have_count(0)


def test_a_changed_password_keeps_this_browser_and_ends_the_others(school, visitors):
    here, there = visitors.sign_in(school.sam, path="/profile/"), visitors.sign_in(school.sam)
    visitors.expect_complaints("status of 400")

    here.get_by_label("Current password", exact=True).fill("wrong")
    here.get_by_label("New password", exact=True).fill(NEW_PASSWORD)
    here.get_by_role("button", name="Change password").click()
    expect(here.get_by_text("This is not your current password.")).to_be_visible()
    here.get_by_label("Current password", exact=True).fill(PASSWORD)
    here.get_by_label("New password", exact=True).fill(NEW_PASSWORD)
    here.get_by_role("button", name="Change password").click()

    expect(here.get_by_role("status")).to_contain_text("Your password is changed")
    there.reload()
    expect(there.get_by_role("heading", name="Sign in")).to_be_visible()


def test_two_step_sign_in_is_set_up_with_a_picture_and_switched_off(school, visitors):
    visitors.expect_complaints("status of 400")
    page = visitors.sign_in(school.sam, path="/profile/")
    page.get_by_role("button", name="Set up").click()
    picture = page.get_by_role("img", name="QR code for your authenticator app")
    expect(picture).to_be_visible()
    assert picture.evaluate("image => image.naturalWidth") > 0
    secret = page.locator("[data-secret]").inner_text()

    page.get_by_label("Code").fill("000000")
    page.get_by_role("button", name="Switch on").click()
    expect(page.locator(".field-error")).to_be_visible()
    expect(picture).to_be_visible()
    page.get_by_label("Code").fill(current_code(secret))
    page.get_by_role("button", name="Switch on").click()
    listed = page.get_by_role("list", name="Recovery codes").get_by_role("listitem")
    expect(listed).to_have_count(10)
    codes = listed.all_inner_texts()
    page.get_by_role("link", name="I have kept them").click()
    expect(page.get_by_text("On", exact=True)).to_be_visible()

    visitor = visitors.open()
    fill_login(visitor, school.sam.email)
    visitor.get_by_label("Code").fill(codes[0])
    visitor.get_by_role("button", name="Continue").click()
    expect(visitor.get_by_role("navigation", name="Main")).to_be_visible()

    page.get_by_role("textbox", name="Password", exact=True).fill(PASSWORD)
    page.get_by_label("Code").fill(codes[1])
    page.get_by_role("button", name="Switch off").click()
    expect(page.get_by_role("status")).to_contain_text("Two-step sign-in is off.")


def test_a_new_name_is_shown_at_once(school, visitors):
    page = visitors.sign_in(school.sam, path="/profile/")
    page.get_by_label("Name", exact=True).fill("Samira Tester")
    page.get_by_role("button", name="Save name").click()
    expect(page.get_by_role("heading", name="Samira Tester")).to_be_visible()
