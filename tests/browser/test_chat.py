"""People talk to each other, and nothing that was said is lost or said twice."""

import re
from functools import partial

from playwright.sync_api import Page, expect

from lms.messaging.models import Message
from tests.browser.visitors import message, open_conversation, say, texts, until, wait_live
from tests.factories.messaging import send


def test_two_people_chat_in_a_forum_and_a_group_and_another_school_sees_nothing(school, visitors):
    sam, tara = visitors.sign_in(school.sam), visitors.sign_in(school.tara)
    bea = visitors.sign_in(school.bea, school="beta")

    for place in ("Town Square", "Study Circle"):
        open_conversation(sam, place)
        open_conversation(tara, place)
        say(sam, f"Hello {place}")
        expect(message(tara, f"Hello {place}")).to_be_visible()
        say(tara, f"Welcome to {place}")
        expect(message(sam, f"Welcome to {place}")).to_be_visible()
        assert texts(sam) == texts(tara) == [f"Hello {place}", f"Welcome to {place}"]

    expect(bea.get_by_text("Beta Plaza")).to_be_visible()
    for place in ("Town Square", "Study Circle"):
        expect(bea.get_by_text(place)).to_have_count(0)
    visitors.expect_complaints("status of 404")
    for conversation in (school.forum, school.group):
        bea.goto(f"/c/{conversation.pk}/")
        expect(bea.get_by_role("heading", name="There is nothing here")).to_be_visible()


def test_a_killed_server_loses_and_doubles_nothing(school, visitors, site):
    visitors.expect_complaints("WebSocket connection", "ERR_CONNECTION", "status of 5")
    path = f"/c/{school.forum.pk}/"
    sam = visitors.sign_in(school.sam, path=path)
    tara = visitors.sign_in(school.tara, path=path)
    wait_live(sam)
    wait_live(tara)
    for number in range(5):
        say(sam, f"before {number}")
    say(sam, "in the very moment")
    site.kill()
    say(tara, "written while it is away")
    say(sam, "me too")
    expect(sam.locator(".status-line")).to_contain_text("Reconnecting")
    expect(message(tara, "written while it is away")).to_have_class(re.compile("is-pending"))

    site.start()

    wait_live(sam)
    wait_live(tara)
    say(sam, "after")
    for page in (sam, tara):
        for text in ("written while it is away", "me too", "after"):
            expect(message(page, text)).to_have_count(1)
        expect(page.locator(".is-pending")).to_have_count(0)
    until(sam, lambda: texts(sam) == texts(tara), "the same for both")
    kept = list(Message.objects.order_by("offset").values_list("content", flat=True))
    assert texts(sam) == kept
    assert len(kept) == len(set(kept)) == 9


def test_what_is_written_offline_waits_and_goes_out_once(school, visitors):
    visitors.expect_complaints("WebSocket connection", "ERR_INTERNET_DISCONNECTED")
    sam = visitors.sign_in(school.sam, path=f"/c/{school.forum.pk}/")
    wait_live(sam)
    sam.context.set_offline(True)
    sam.evaluate("dispatchEvent(new Event('offline'))")

    say(sam, "from the tunnel")

    expect(message(sam, "from the tunnel")).to_contain_text("Sending")
    assert not Message.objects.exists()
    sam.context.set_offline(False)
    expect(message(sam, "from the tunnel")).not_to_have_class(re.compile("is-pending"))
    assert list(Message.objects.values_list("content", flat=True)) == ["from the tunnel"]


def test_a_refused_message_says_why_and_can_be_sent_again(school, visitors):
    from lms.messaging.services.conversations import change_posting

    sam = visitors.sign_in(school.sam, path=f"/c/{school.forum.pk}/")
    wait_live(sam)
    change_posting(conversation_id=school.forum.pk, posting="moderators")

    say(sam, "may I?")

    expect(message(sam, "may I?")).to_contain_text("Not sent. Only moderators post here.")
    change_posting(conversation_id=school.forum.pk, posting="everyone")
    message(sam, "may I?").get_by_role("button", name="Retry").click()
    expect(message(sam, "may I?")).not_to_have_class(re.compile("is-pending"))
    assert Message.objects.get().content == "may I?"


def test_a_message_that_waited_too_long_asks_before_it_is_sent(school, visitors):
    sam = visitors.sign_in(school.sam)
    key = f"stoa:outbox:{school.sam.pk}:{school.forum.pk}"
    sam.evaluate(
        """key => localStorage.setItem(key, JSON.stringify([{client_id: crypto.randomUUID(),
            content: "old words", reply_to: null, state: "sending", problem: "",
            created_at: new Date(Date.now() - 3600e3).toISOString()}]))""",
        key,
    )

    open_conversation(sam, "Town Square")

    expect(message(sam, "old words")).to_contain_text("It waited too long to be sent.")
    message(sam, "old words").get_by_role("button", name="Discard").click()
    expect(message(sam, "old words")).to_have_count(0)
    assert not Message.objects.exists()


def test_history_comes_while_one_scrolls_up_and_what_one_reads_stays_put(school, visitors):
    for number in range(130):
        send(school.forum.conversation, school.tara, f"number {number:03}")
    sam = visitors.sign_in(school.sam, path=f"/c/{school.forum.pk}/")
    wait_live(sam)
    assert texts(sam)[-1] == "number 129"

    scroller = sam.locator(".scroller")
    first = texts(sam)[0]
    scroller.evaluate("e => e.scrollTop = 0")
    until(sam, lambda: texts(sam)[0] != first, "older messages")
    expect(message(sam, first)).to_be_in_viewport()
    while texts(sam)[0] != "number 000":
        known = len(texts(sam))
        scroller.evaluate("e => e.scrollTop = 0")
        until(sam, partial(_has_more_than, sam, known), "older messages")

    assert texts(sam) == [f"number {number:03}" for number in range(130)]
    expect(sam.get_by_text("This is where it began.")).to_be_attached()
    jump = sam.get_by_role("button", name="Jump to newest")
    jump.click()
    expect(message(sam, "number 129")).to_be_in_viewport()
    expect(jump).to_be_hidden()


def _has_more_than(page: Page, known: int) -> bool:
    return len(texts(page)) > known


def test_unread_messages_are_counted_live_divided_and_read(school, visitors):
    send(school.forum.conversation, school.tara, "seen")
    sam = visitors.sign_in(school.sam, path=f"/c/{school.forum.pk}/")
    wait_live(sam)
    row = sam.locator(f"#row-{school.forum.pk}")
    expect(row.locator(".badge")).to_be_hidden()
    until(sam, lambda: _unread(school) == 0, "the read marker")
    open_conversation(sam, "Study Circle")

    for number in range(3):
        send(school.forum.conversation, school.tara, f"new {number}")

    expect(row).to_contain_text("3 unread")
    expect(row).to_contain_text("Tara Tester: new 2")
    # And the alert that says sam was put into the group.
    expect(sam).to_have_title("(4) Study Circle · Stoa")
    row.click()
    expect(sam.locator(".unread-divider")).to_have_count(1)
    divided = sam.locator(".messages > li").evaluate_all(
        "rows => rows.map(r => r.querySelector('.message-text')?.innerText"
        " ?? (r.matches('.unread-divider') ? '--' : ''))"
    )
    assert divided[divided.index("--") + 1] == "new 0"
    expect(row.locator(".badge")).to_be_hidden()
    until(sam, lambda: _unread(school) == 0, "the read marker")
    sam.reload()
    expect(sam.locator(f"#row-{school.forum.pk} .badge")).to_be_hidden()


def test_what_comes_while_one_looks_elsewhere_is_counted_until_one_looks(school, visitors):
    sam = visitors.sign_in(school.sam, path=f"/c/{school.forum.pk}/")
    wait_live(sam)
    row = sam.locator(f"#row-{school.forum.pk}")
    say(sam, "my own words")
    expect(row).to_contain_text("You: my own words")
    sam.evaluate("document.hasFocus = () => false")

    send(school.forum.conversation, school.tara, "are you there?")

    expect(row).to_contain_text("1 unread")
    assert _unread(school) == 1
    sam.evaluate("document.hasFocus = () => true; dispatchEvent(new Event('focus'))")
    expect(row.locator(".badge")).to_be_hidden()
    until(sam, lambda: _unread(school) == 0, "the read marker")


def _unread(school) -> int:
    from lms.messaging.selectors import unread_counts

    return unread_counts(school.sam, [school.forum.pk])[school.forum.pk]


def test_replies_edits_reactions_and_deletions_reach_the_other_side(school, visitors):
    path = f"/c/{school.forum.pk}/"
    sam = visitors.sign_in(school.sam, path=path)
    tara = visitors.sign_in(school.tara, path=path)
    wait_live(sam)
    wait_live(tara)
    say(sam, "Who has the notes?")
    asked = message(tara, "Who has the notes?")

    asked.hover()
    asked.get_by_role("button", name="Reply").click()
    expect(tara.get_by_text("Replying to Sam Tester: Who has the notes?")).to_be_visible()
    say(tara, "I do")
    expect(message(sam, "I do").locator(".quote")).to_contain_text("Who has the notes?")

    asked.hover()
    asked.get_by_role("button", name="React").click()
    tara.get_by_role("menuitem", name="thumbs up").click()
    expect(
        message(sam, "Who has the notes?").get_by_role("button", name="👍, 1 person")
    ).to_be_visible()

    mine = message(sam, "Who has the notes?")
    mine.hover()
    mine.get_by_role("button", name="Edit").click()
    say(sam, "Who has the slides?")
    expect(message(tara, "Who has the slides?")).to_contain_text("(edited)")
    expect(message(tara, "I do").locator(".quote")).to_contain_text("Who has the slides?")

    mine = message(sam, "Who has the slides?")
    mine.hover()
    mine.get_by_role("button", name="Delete").click()
    sam.get_by_role("dialog").get_by_role("button", name="Delete").click()
    expect(message(tara, "This message was deleted.")).to_be_visible()
    expect(tara.get_by_text("Who has the slides?")).to_have_count(0)


def test_a_draft_stays_with_its_conversation(school, visitors):
    sam = visitors.sign_in(school.sam)
    open_conversation(sam, "Town Square")
    sam.locator("textarea").fill("half a thou")

    open_conversation(sam, "Study Circle")
    expect(sam.locator("textarea")).to_have_value("")
    open_conversation(sam, "Town Square")

    expect(sam.locator("textarea")).to_have_value("half a thou")
    assert not Message.objects.exists()


def test_one_sees_who_is_typing(school, visitors):
    path = f"/c/{school.group.pk}/"
    sam = visitors.sign_in(school.sam, path=path)
    tara = visitors.sign_in(school.tara, path=path)
    wait_live(sam)
    wait_live(tara)

    tara.locator("textarea").press_sequentially("We", delay=30)

    expect(sam.get_by_text("Tara Tester is typing…")).to_be_visible()
    expect(tara.get_by_text("is typing…")).to_have_count(0)
    tara.locator("textarea").press("Enter")
    expect(sam.get_by_text("Tara Tester is typing…")).to_have_count(0)


XSS = (
    "<img src=x onerror=document.title='owned'>",
    "<script>document.title='owned'</script>",
    "javascript:document.title='owned'",
    "https://example.org/\"onmouseover=\"document.title='owned'",
    "`<svg onload=document.title='owned'>`",
    "```\n<b>bold</b>\n```",
)


def test_what_people_write_is_never_markup(school, visitors):
    path = f"/c/{school.forum.pk}/"
    school.tara.full_name = "<b onclick=alert(1)>Tara</b>"
    school.tara.save()
    for text in XSS:
        send(school.forum.conversation, school.tara, text)
    sam = visitors.sign_in(school.sam, path=path)
    tara = visitors.sign_in(school.tara, path=path)
    wait_live(sam)
    wait_live(tara)
    for text in XSS:
        say(tara, text.replace("\n", " "))
    expect(sam.locator(".messages .message-text")).to_have_count(2 * len(XSS))

    assert (
        sam.locator(".messages img, .messages script, .messages b, .messages [onclick]").count()
        == 0
    )
    assert sam.locator(".messages svg[onload]").count() == 0
    assert all(
        href.startswith("https://example.org/")
        for href in sam.locator(".messages a").evaluate_all("links => links.map(a => a.href)")
    )
    expect(sam.locator(".message-author").first).to_have_text("<b onclick=alert(1)>Tara</b>")
    assert "owned" not in sam.title()


def test_somebody_who_is_removed_is_told_and_cannot_go_on(school, visitors):
    from lms.messaging.services.audiences import remove_member

    sam = visitors.sign_in(school.sam, path=f"/c/{school.group.pk}/")
    wait_live(sam)

    remove_member(audience_id=school.group.audience_id, user_id=school.sam.pk)

    expect(sam.locator(".status-line")).to_contain_text(
        re.compile("no longer have access|were removed|does not exist"), timeout=15_000
    )
