"""Who may ask what of messages and conversations, and ids that name nothing."""

import pytest

from tenants.context import in_tenant
from tests.factories.accounts import create_user
from tests.factories.messaging import create_closed_circle, send


@pytest.fixture
def circle(tara, sam):
    return create_closed_circle(tara, sam)


ROUTES = [
    ("get", "conversations/{conversation}/", None, 200),
    ("get", "conversations/{conversation}/messages/", None, 200),
    ("post", "conversations/{conversation}/messages/", {"content": "x"}, 201),
    ("post", "conversations/{conversation}/read/", {"offset": 1}, 200),
    ("get", "messages/?conversation={conversation}", None, 200),
    ("post", "messages/", {"conversation": "{conversation}", "content": "x"}, 201),
    ("get", "messages/{message}/", None, 200),
    ("patch", "messages/{message}/", {"content": "x"}, 200),
    ("get", "messages/{message}/reactions/", None, 200),
    ("post", "messages/{message}/reactions/", {"emoji": "x"}, 201),
    ("delete", "messages/{message}/reactions/?emoji=x", None, 204),
    ("delete", "messages/{message}/", None, 204),
]


@pytest.mark.parametrize(("method", "path", "body", "allowed"), ROUTES)
def test_who_may(method, path, body, allowed, circle, sam, sven, call, beta):
    sent = send(circle, sam)
    ids = {"conversation": str(circle.pk), "message": str(sent.message_id)}
    path = path.format(**ids)
    body = {key: str(value).format(**ids) for key, value in body.items()} if body else None
    with in_tenant(beta):
        stranger = create_user("sam", email="sam@beta.school")
        of_beta, lost = call(stranger, "beta.test"), call(stranger, "alpha.test")

    def status(caller):
        send_it = getattr(caller, method)
        return (send_it(path) if body is None else send_it(path, body)).status_code

    assert status(call(None)) == 401
    assert status(lost) == 401  # beta's token at alpha's door
    assert status(of_beta) == 404
    assert status(call(sven)) == 404
    assert status(call(sam)) == allowed


@pytest.mark.parametrize("odd", ["1", "user-123", "0" * 40, "%00", "x" * 300])
def test_ids_of_any_other_shape_name_nothing(odd, sam, call):
    caller = call(sam)

    assert caller.get(f"messages/{odd}/").status_code == 404
    assert caller.get(f"conversations/{odd}/messages/").status_code == 404
    assert caller.get("messages/", conversation=odd).status_code == 400
