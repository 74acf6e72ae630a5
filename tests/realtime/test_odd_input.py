"""RT-19, RT-20: every field of every command with odd values, and what the documents say."""

import asyncio
import json
import re
import uuid
from pathlib import Path

from realtime.commands import COMMANDS
from realtime.handlers import HANDLERS, QUICK
from realtime.protocol import CloseCode
from tests.realtime.live import chat_path, sockets
from tests.realtime.processes import ROOT, start_server

ODD = [
    None,
    True,
    -1,
    0,
    1,
    2**53,
    1e300,
    "",
    " ",
    "x" * 70,
    "x" * 20_000,
    "\u202e\ufffe😀",
    "' OR 1=1 --",
    "{{7*7}}",
    str(uuid.uuid4()),
    [],
    [[]],
    [{}],
    [{"url": "/x", "name": "\u0001"}],
    {},
    {"a": {"b": []}},
]
SENSIBLE = {
    "client_id": "c",
    "content": "x",
    "message_id": str(uuid.uuid4()),
    "emoji": "👍",
    "offset": 1,
    "token": "t",
}


def odd_frames():
    for kind, fields in COMMANDS.items():
        sensible = {name: SENSIBLE[name] for name, field in fields.items() if field.required}
        for name in [*fields, "unknown"]:
            for value in ODD:
                yield {"type": kind, "payload": {**sensible, name: value}}


def test_odd_values_are_answered_each_and_never_a_failure_of_ours(
    alpha_committed, circle, folder, django_db_blocker
):
    node = start_server(
        folder, bad_frames=10**6, commands_per_second=1e6, messages_per_second=1e6,
        command_burst=10**6, message_burst=10**6, waiting_commands=10**6,
    )  # fmt: skip

    async def scenario():
        async with sockets() as open_:
            sam = await open_(node, chat_path(circle.id), circle.tokens["sam"])
            await sam.welcome()
            sent = 0
            for frame in odd_frames():
                sent += 1
                await sam.raw_send(json.dumps({"id": f"n{sent}", **frame}))
            for number in range(1, sent + 1):
                answer = await sam.answer(f"n{number}", seconds=30)
                if answer["type"] == "error":
                    assert re.fullmatch(r"[a-z_]+", answer["error"]["code"])
                    assert answer["error"]["code"] != "unavailable"
            return sent

    try:
        assert asyncio.run(scenario()) > 300
    finally:
        node.stop()
    log = node.log.read_text()
    assert "Traceback" not in log
    assert '"level": "ERROR"' not in log


def test_every_command_has_its_handler():
    assert {"message.send", *QUICK, *HANDLERS} == set(COMMANDS)
    assert not QUICK.keys() & HANDLERS.keys()


def test_the_document_names_every_command_and_close_code():
    text = Path(ROOT / "docs" / "protocol.md").read_text()

    assert [kind for kind in COMMANDS if f"`{kind}`" not in text] == []
    assert [code.name for code in CloseCode if str(int(code)) not in text] == []
