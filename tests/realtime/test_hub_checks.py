"""The check of positions beside what else a hub is doing."""

import asyncio

from tests.realtime.test_hub import SCHEMA, TOPIC, FakeLog, FakeSession, build_nodes, run


def test_what_a_check_finds_during_a_recovery_is_not_left_to_the_next_check():
    async def scenario():
        log, session, read, go_on = FakeLog(), FakeSession(), asyncio.Event(), asyncio.Event()
        hub = (await build_nodes(1, log))[0]
        await hub.subscribe(session, SCHEMA, TOPIC)
        after = log.after

        async def after_a_while(*place):
            rows = await after(*place)
            read.set()
            await go_on.wait()
            return rows

        log.after = after_a_while
        log.append()
        hub.receive(SCHEMA, log.append())  # the first was lost: a recovery begins
        await read.wait()
        log.append()  # its publication is lost too
        await hub.check_positions()
        go_on.set()
        await hub.settle()
        await asyncio.sleep(0)

        assert session.offsets == [1, 2, 3]

    run(scenario)
