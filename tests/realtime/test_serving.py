"""The process: `python -m config.serve`, several of them on one port, and its numbers."""

import asyncio
import http.client
import os
import signal

import psutil

from tests.factories.accounts import access_token, create_user
from tests.factories.messaging import create_open_conversation
from tests.realtime.live import chat_path, sockets
from tests.realtime.processes import Process, start_server, wait_until


def metrics_of(server: Process) -> dict[str, float]:
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=5)
    connection.request("GET", "/metrics", headers={"Host": "alpha.test"})
    response = connection.getresponse()
    text = response.read().decode()
    connection.close()
    assert response.status == 200, text
    lines = [line.split(" ") for line in text.splitlines() if line.startswith("stoa_realtime_")]
    return {name: float(value) for name, value in lines}


def test_the_numbers_of_a_node_are_there_to_be_scraped(nodes, circle):
    async def scenario():
        async with sockets() as open_:
            before = metrics_of(nodes[0])
            sam = await open_(nodes[0], chat_path(circle.id), circle.tokens["sam"])
            await sam.welcome()
            await sam.say("one")
            await sam.raw_send("x")
            await sam.error()
            after = await asyncio.to_thread(metrics_of, nodes[0])

            def grown(name):
                return after[f"stoa_realtime_{name}"] - before[f"stoa_realtime_{name}"]

            assert grown("sockets_opened_total") == 1
            assert grown("publications_total") >= 1
            assert grown("bad_frames_total") == 1
            assert grown("ingest_messages_total") == 1
            assert after["stoa_realtime_sockets"] >= 1
            assert after["stoa_realtime_bus_connected"] == 1
            assert not any(circle.schema in name for name in after)

    asyncio.run(scenario())


def test_several_processes_share_one_port_and_one_order(
    alpha_committed, folder, django_db_blocker, monkeypatch
):
    monkeypatch.setenv("WEB_PROCESSES", "2")
    many = start_server(folder)
    try:
        wait_until(lambda: len(psutil.Process(many.popen.pid).children()) == 2)
        sam, conversation = create_user("sam"), create_open_conversation()
        token, path = access_token(sam), chat_path(conversation.pk)

        async def scenario():
            async with sockets() as open_:
                opened = [await open_(many, path, token) for _ in range(8)]
                for socket in opened:
                    await socket.welcome()
                acknowledged = [await socket.say("x") for socket in opened]
                last = acknowledged[-1]["offset"]
                for socket in opened:
                    await socket.until(lambda socket=socket: last in socket.offsets())
                    assert socket.offsets() == list(range(socket.offsets()[0], last + 1))
                many.send(signal.SIGTERM)
                assert {await socket.closed() for socket in opened} == {1012}

        asyncio.run(scenario())
        assert many.popen.wait(12) == 0
    finally:
        many.stop()


def test_if_one_of_several_processes_dies_the_others_end_too(
    schemas, folder, django_db_blocker, monkeypatch
):
    """Whoever supervises us then starts all of them again; half a server helps nobody."""
    monkeypatch.setenv("WEB_PROCESSES", "2")
    with django_db_blocker.unblock():
        many = start_server(folder)
    try:
        children = psutil.Process(many.popen.pid).children
        wait_until(lambda: len(children()) == 2)
        os.kill(children()[0].pid, signal.SIGKILL)
        assert many.popen.wait(15) == 1
    finally:
        many.stop()
