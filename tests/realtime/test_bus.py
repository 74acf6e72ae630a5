"""G5: the bus is a messenger. Killed, hung or emptied, it delays pushes and loses none."""

import asyncio
import signal
import time

from lms.accounts.services.families import end_all_logins
from tenants.context import run_in_tenant
from tests.realtime.live import chat_path, sockets

# Five seconds between looks, the look itself, and what a busy machine adds.
HEALED_WITHIN = 8.0


async def two_sockets(open_, nodes, circle):
    sam = await open_(nodes[0], chat_path(circle.id), circle.tokens["sam"])
    tara = await open_(nodes[1], chat_path(circle.id), circle.tokens["tara"])
    await sam.welcome()
    await tara.welcome()
    await sam.say("before")
    await tara.push("message.sent", content="before", seconds=2)
    return sam, tara


async def say_three(sam, word):
    """Sends are acknowledged at once, whatever the bus does."""
    for number in range(3):
        before = time.monotonic()
        await sam.say(f"{word} {number}")
        assert time.monotonic() - before < 1


def test_g5_with_the_bus_killed_pushes_come_late_and_complete_and_then_at_once_again(
    own_bus, own_nodes, circle
):
    async def scenario():
        async with sockets() as open_:
            sam, tara = await two_sockets(open_, own_nodes, circle)
            await asyncio.to_thread(own_bus.kill)
            await say_three(sam, "dead")
            await sam.push("message.sent", content="dead 2", seconds=1)
            await tara.push("message.sent", content="dead 2", seconds=HEALED_WITHIN)

            newcomer = await open_(own_nodes[1], chat_path(circle.id), circle.tokens["tara"])
            await newcomer.welcome()

            await asyncio.to_thread(own_bus.start)
            await until_pushed_at_once(sam, tara)
            assert tara.close_code is None
            assert tara.offsets() == list(range(tara.offsets()[0], tara.offsets()[-1] + 1))
            assert tara.messages() == sam.messages()

    asyncio.run(scenario())


async def until_pushed_at_once(sam, tara):
    """Once the nodes have found the bus again, the other node hears without a look."""
    async with asyncio.timeout(15):
        for number in range(100):
            await sam.say(f"back {number}")
            try:
                await tara.push("message.sent", content=f"back {number}", seconds=0.3)
            except TimeoutError:
                continue
            if number >= 2:
                return


def test_g5_with_the_bus_hung_nobody_waits_for_it(own_bus, own_nodes, circle):
    """RT-06: kill -STOP; the loop goes on, sends and new sockets too."""

    async def scenario():
        async with sockets() as open_:
            sam, tara = await two_sockets(open_, own_nodes, circle)
            own_bus.send(signal.SIGSTOP)
            await say_three(sam, "hung")
            for _ in range(5):
                before = time.monotonic()
                await tara.command("ping", seconds=1)
                assert time.monotonic() - before < 0.2
                await asyncio.sleep(0.1)
            await tara.push("message.sent", content="hung 2", seconds=HEALED_WITHIN)
            newcomer = await open_(own_nodes[1], chat_path(circle.id), circle.tokens["sam"])
            await asyncio.wait_for(newcomer.welcome(), 4)
            own_bus.send(signal.SIGCONT)
            await until_pushed_at_once(sam, tara)
            assert tara.messages() == sam.messages()

    asyncio.run(scenario())


def test_g5_and_g7_without_the_bus_a_logout_ends_sockets_on_every_node_within_five_seconds(
    own_bus, own_nodes, circle
):
    """RT-27 with the bus down: the regular look finds it."""

    async def scenario():
        async with sockets() as open_:
            opened = [
                await open_(node, chat_path(circle.id), circle.tokens["tara"]) for node in own_nodes
            ]
            for socket in opened:
                await socket.welcome()
            await asyncio.to_thread(own_bus.kill)
            await run_in_tenant(
                circle.schema, end_all_logins, user=circle.tara, reason="password_changed"
            )
            codes = [await socket.closed(HEALED_WITHIN) for socket in opened]
            assert codes == [4501, 4501]

    asyncio.run(scenario())
