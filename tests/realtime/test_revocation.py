"""G7: who loses the right to listen stops listening, on every node, within a second."""

import asyncio
import time
import uuid

import pytest
from django.db import connection

from lms.accounts.models import TokenFamily, User
from lms.accounts.services.families import end_all_logins, end_login
from lms.accounts.tokens import encode_access
from lms.messaging.services.audiences import remove_member
from lms.messaging.services.conversations import share_conversation
from tenants.context import PUBLIC, in_tenant, run_in_tenant
from tenants.models import Tenant
from tenants.services import resume_tenant, suspend_tenant
from tests.factories.accounts import access_token, create_user
from tests.factories.messaging import create_open_conversation
from tests.realtime.live import chat_path, sockets

# The promise is one second; a machine that is busy with other tests may take another.
SECONDS = 2.0


def end_on_both_nodes(nodes, path, token, change, schema, *, reader_token=None):
    """Sockets of one person on two nodes, before and after `change`. Returns how they ended."""

    async def scenario():
        async with sockets() as open_:
            opened = [await open_(node, path, token) for node in nodes]
            for socket in opened:
                await socket.welcome()
            speaker = await open_(nodes[0], path, reader_token) if reader_token else None
            await run_in_tenant(schema, change)
            changed_at = time.monotonic()
            endings = []
            for socket in opened:
                code = await socket.closed(SECONDS)
                endings.append((code, (await socket.error())["code"]))
            assert time.monotonic() - changed_at < SECONDS
            if speaker is not None:
                await speaker.say("after")
                assert speaker.close_code is None
                assert not any("after" in text for socket in opened for text in socket.raw)
            return endings

    return asyncio.run(scenario())


def test_g7_a_logout_ends_the_sockets_of_that_login_only(nodes, circle):
    family = TokenFamily.objects.get(user=circle.tara)
    other_login = access_token(circle.tara)

    def log_out():
        end_login(family_id=family.pk, reason="logout")

    endings = end_on_both_nodes(
        nodes,
        chat_path(circle.id),
        circle.tokens["tara"],
        log_out,
        circle.schema,
        reader_token=other_login,
    )

    assert endings == [(4501, "not_authenticated")] * 2


def test_g7_a_password_change_ends_every_socket_of_the_person(nodes, circle):
    def change():
        end_all_logins(user=circle.tara, reason="password_changed")

    endings = end_on_both_nodes(
        nodes,
        chat_path(circle.id),
        circle.tokens["tara"],
        change,
        circle.schema,
        reader_token=circle.tokens["sam"],
    )

    assert endings == [(4501, "not_authenticated")] * 2


def test_g7_a_deactivated_account_is_told_so(nodes, circle):
    def deactivate():
        User.objects.filter(pk=circle.tara.pk).update(is_active=False)
        end_all_logins(user=circle.tara, reason="deactivated")

    endings = end_on_both_nodes(
        nodes, chat_path(circle.id), circle.tokens["tara"], deactivate, circle.schema
    )

    assert endings == [(4511, "account_disabled")] * 2


def test_g7_a_removed_member_hears_nothing_more(nodes, circle):
    def remove():
        remove_member(audience_id=circle.conversation.audience_id, user_id=circle.tara.pk)

    endings = end_on_both_nodes(
        nodes,
        chat_path(circle.id),
        circle.tokens["tara"],
        remove,
        circle.schema,
        reader_token=circle.tokens["sam"],
    )

    assert endings == [(4512, "removed")] * 2


def test_g7_a_conversation_that_is_closed_to_the_school_loses_its_guests(nodes, circle):
    conversation = create_open_conversation()

    def narrow():
        share_conversation(conversation_id=conversation.pk, audiences=[], open_to_tenant=False)

    endings = end_on_both_nodes(
        nodes, chat_path(conversation.pk), circle.tokens["sven"], narrow, circle.schema
    )

    assert endings == [(4512, "removed")] * 2


def test_g7_a_suspended_school_has_no_sockets_and_others_keep_theirs(nodes, circle, beta_circle):
    """RT-28."""
    with in_tenant(PUBLIC):
        tenant = Tenant.objects.get(schema_name=circle.schema)

    async def scenario():
        async with sockets() as open_:
            bea = await open_(
                nodes[1], chat_path(beta_circle.id), beta_circle.token, host="beta.test"
            )
            sam = await open_(nodes[1], chat_path(circle.id), circle.tokens["sam"])
            await sam.welcome()
            await bea.welcome()
            await run_in_tenant(PUBLIC, suspend_tenant, tenant_id=tenant.pk, actor=None)
            try:
                assert await sam.closed(SECONDS) == 4510
                late = await open_(nodes[0], chat_path(circle.id), circle.tokens["sam"])
                assert await late.closed(3) == 4510
                await bea.say("still here")
            finally:
                await run_in_tenant(PUBLIC, resume_tenant, tenant_id=tenant.pk, actor=None)
            await until_welcome(open_, nodes[0], circle)

    asyncio.run(scenario())


async def until_welcome(open_, node, circle):
    """The announcement is on its way to the nodes."""
    async with asyncio.timeout(5):
        while True:
            again = await open_(node, chat_path(circle.id), circle.tokens["sam"])
            first = await again.until(lambda again=again: again.frames and again.frames[0])
            if first["type"] == "welcome":
                return


def test_g7_a_change_that_nobody_announced_is_found_within_five_seconds(nodes, circle):
    """Straight in the database, as a restore or another program would."""

    def remove():
        circle.conversation.audience.members.filter(user=circle.tara).delete()

    async def scenario():
        async with sockets() as open_:
            tara = await open_(nodes[0], chat_path(circle.id), circle.tokens["tara"])
            await tara.welcome()
            await run_in_tenant(circle.schema, remove)
            assert await tara.closed(6.5) == 4512

    asyncio.run(scenario())


def test_g7_a_removed_member_cannot_send_even_before_the_socket_ends(nodes, circle):
    """Membership is read in the transaction that would keep the message."""

    def remove():
        circle.conversation.audience.members.filter(user=circle.tara).delete()

    async def scenario():
        async with sockets() as open_:
            tara = await open_(nodes[0], chat_path(circle.id), circle.tokens["tara"])
            await tara.welcome()
            await run_in_tenant(circle.schema, remove)
            answer = await tara.command("message.send", client_id="c1", content="too late")
            assert answer["error"]["code"] == "not_found"

    asyncio.run(scenario())


# -- RT-26: tokens expire -------------------------------------------------------------------


def token_for(user, seconds):
    """An access token of a live login that ends in `seconds`."""
    import jwt

    from lms.accounts import tokens

    family = TokenFamily.objects.filter(user=user).first()
    assert family is not None
    schema = str(connection.schema_name)
    token = encode_access(
        schema=schema, user_id=user.pk, family_id=family.pk, version=user.session_version
    )
    claims = jwt.decode(token, options={"verify_signature": False})
    claims["exp"] = int(time.time()) + seconds
    key = tokens.derive_key("insecure-development-key-of-at-least-32-bytes", f"access {schema}")
    return jwt.encode(claims, key, algorithm="HS256")


def test_g7_an_expired_token_ends_the_socket_after_a_warning(nodes, circle, settings):
    short, long = token_for(circle.tara, 62), token_for(circle.tara, 2)

    async def scenario():
        async with sockets() as open_:
            warned = await open_(nodes[0], chat_path(circle.id), short)
            ending = await open_(nodes[1], chat_path(circle.id), long)
            await ending.welcome()
            assert await ending.closed(4) == 4009
            assert (await ending.error())["code"] == "token_expired"
            frame = await warned.until(
                lambda: next((f for f in warned.frames if f["type"] == "auth.expiring"), None), 5
            )
            assert frame["payload"]["expires_at"].endswith("Z")

    asyncio.run(scenario())


def test_g7_a_new_token_of_the_same_person_keeps_the_socket_and_anothers_does_not(nodes, circle):
    short, fresh = token_for(circle.tara, 3), circle.tokens["tara"]

    async def scenario():
        async with sockets() as open_:
            tara = await open_(nodes[0], chat_path(circle.id), short)
            await tara.welcome()
            refused = [
                await tara.command("auth.refresh", token=token)
                for token in (circle.tokens["sam"], "nonsense", str(uuid.uuid4()))
            ]
            renewed = await tara.command("auth.refresh", token=fresh)
            await asyncio.sleep(3.2)
            assert (await tara.say("still here"))["duplicate"] is False
            assert {answer["error"]["code"] for answer in refused} == {"token_invalid"}
            assert renewed["payload"]["expires_at"] > time.strftime(
                "%Y-%m-%dT%H:%M:%SZ", time.gmtime()
            )

    asyncio.run(scenario())


# -- RT-38: cookies and origins -------------------------------------------------------------


def session_cookie(user):
    """As signing in on the page leaves one."""
    from importlib import import_module

    from django.conf import settings

    from lms.accounts.middleware import FAMILY_KEY, VERSION_KEY

    session = import_module(settings.SESSION_ENGINE).SessionStore()
    family = TokenFamily.objects.filter(user=user).first()
    assert family is not None
    session[FAMILY_KEY] = str(family.pk)
    session[VERSION_KEY] = user.session_version
    session.create()
    return f"{settings.SESSION_COOKIE_NAME}={session.session_key}"


@pytest.mark.parametrize(
    ("_case", "origin", "code"),
    [
        ("the page's own", "http://{host}", None),
        ("the same host, another port", "http://alpha.test:1", 4503),
        ("another tenant's page", "http://beta.test", 4503),
        ("a host that only ends the same", "http://evil-alpha.test", 4503),
        ("null", "null", 4503),
        ("none at all", None, 4503),
    ],
)
def test_a_cookie_opens_a_socket_from_its_own_page_only(nodes, circle, _case, origin, code):
    cookie = session_cookie(circle.sam)
    headers = {"Cookie": cookie}
    if origin is not None:
        headers["Origin"] = origin.format(host=f"alpha.test:{nodes[0].port}")

    async def scenario():
        async with sockets() as open_:
            socket = await open_(nodes[0], chat_path(circle.id), headers=headers)
            if code is None:
                assert (await socket.welcome())["expires_at"] is None
            else:
                assert await socket.closed() == code

    asyncio.run(scenario())


def test_a_cookie_of_one_tenant_is_nothing_in_another(nodes, circle, beta_circle):
    headers = {"Cookie": session_cookie(circle.sam), "Origin": f"http://beta.test:{nodes[0].port}"}

    async def scenario():
        async with sockets() as open_:
            socket = await open_(
                nodes[0], chat_path(beta_circle.id), headers=headers, host="beta.test"
            )
            assert await socket.closed() == 4501

    asyncio.run(scenario())


def test_control_a_person_who_loses_nothing_keeps_the_socket(nodes, circle):
    stranger = create_user("somebody", email="somebody@alpha.school")

    async def scenario():
        async with sockets() as open_:
            tara = await open_(nodes[0], chat_path(circle.id), circle.tokens["tara"])
            await tara.welcome()
            await run_in_tenant(circle.schema, end_all_logins, user=stranger, reason="logout")
            await asyncio.sleep(0.5)
            assert (await tara.command("ping"))["type"] == "reply"

    asyncio.run(scenario())
