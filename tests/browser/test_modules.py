"""The pure parts of the page's modules, run where they live."""

import random

import pytest
from playwright.sync_api import Page

MODULES = "/static/web/js"


@pytest.fixture
def page(visitors) -> Page:
    return visitors.open(path="/login/")


def test_waits_double_are_capped_and_differ(page):
    waits = page.evaluate(
        """async modules => {
          const { backoffDelay } = await import(`${modules}/backoff.js`);
          return [0, 1, 2, 3, 30].map(n => [backoffDelay(n, () => 0), backoffDelay(n, () => 1)]);
        }""",
        MODULES,
    )
    assert waits == [[250, 500], [500, 1000], [1000, 2000], [2000, 4000], [10_000, 20_000]]


TIMELINE = """async ([modules, steps]) => {
  const { Timeline } = await import(`${modules}/timeline.js`);
  const timeline = new Timeline();
  for (const [how, what] of steps) timeline[how](what);
  return timeline.messages.map(m => [m.offset, m.content, m.deleted, m.reactions]);
}"""


@pytest.mark.parametrize("seed", range(5))
def test_entries_and_pages_in_any_mixture_give_one_conversation(page, seed):
    chance = random.Random(seed)
    sent = [entry(offset, f"m{offset}") for offset in range(1, 31)]
    pages = [
        [{**e["payload"], "offset": e["offset"]} for e in sent[n : n + 10]] for n in (0, 10, 20)
    ]
    steps = [["apply", each] for each in sent] + [["merge", each] for each in pages]
    steps += chance.sample(steps, 10)
    chance.shuffle(steps)

    shown = page.evaluate(TIMELINE, [MODULES, steps])

    assert shown == [[n, f"m{n}", False, []] for n in range(1, 31)]


def test_edits_deletions_and_reactions_change_the_message_and_nothing_else(page):
    reaction = {"message_id": "1", "emoji": "👍", "user_id": "u", "count": 1}
    steps = [
        ["apply", entry(1, "one")],
        ["apply", entry(2, "two")],
        ["apply", {"type": "reaction.added", "offset": 3, "payload": reaction}],
        ["apply", {"type": "reaction.added", "offset": 3, "payload": reaction}],
        ["apply", {"type": "message.deleted", "offset": 4, "payload": {"id": "2"}}],
        [
            "apply",
            {"type": "message.edited", "offset": 5, "payload": {"id": "1", "content": "uno"}},
        ],
        ["apply", {"type": "message.edited", "offset": 6, "payload": {"id": "9", "content": "?"}}],
        ["apply", {"type": "read.marked", "offset": 7, "payload": {"user_id": "u", "offset": 2}}],
    ]

    shown = page.evaluate(TIMELINE, [MODULES, steps])

    counted = [{"emoji": "👍", "count": 1, "user_ids": ["u"]}]
    assert shown == [[1, "uno", False, counted], [2, "", True, []]]


def entry(offset: int, content: str) -> dict:
    payload = {
        "id": str(offset),
        "client_id": f"c{offset}",
        "author": {"id": "u", "name": "U", "avatar": ""},
        "content": content,
        "reply_to": None,
        "attachments": [],
        "created_at": "2026-01-01T00:00:00Z",
        "edited_at": None,
        "deleted": False,
        "reactions": [],
    }
    return {"type": "message.sent", "offset": offset, "payload": payload}
