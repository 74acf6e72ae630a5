from lms.messaging.services.sending import send_messages
from tests.factories.accounts import create_user
from tests.factories.messaging import create_open_conversation, outgoing, send


def test_smoke(alpha):
    sam = create_user("sam")
    c = create_open_conversation()
    assert send(c, sam).offset == 1
    assert [s.offset for s in send_messages([outgoing(c, sam), outgoing(c, sam)])] == [2, 3]
