"""The admin's lists: they open, ask the same for any number of rows, and show no private words."""

from typing import Any

import pytest
from django.contrib.admin.sites import site
from django.test import RequestFactory

from lms.forum.models import Forum
from lms.groups.models import Group
from lms.messaging.models import Conversation, Member, Message
from lms.messaging.services.conversations import find_or_create_direct
from tenants.context import current_schema
from tenants.selectors import find_tenant_by_schema
from tests.factories.accounts import create_user
from tests.factories.forum import create_forum
from tests.factories.groups import create_group
from tests.factories.messaging import send
from tests.lms.messaging.looking import queries


def rendered_list(model, user):
    """The change list as the admin renders it."""
    request: Any = RequestFactory().get("/")
    request.user, request.tenant = user, find_tenant_by_schema(current_schema())
    response: Any = site.get_model_admin(model).changelist_view(request)
    return response.render().content.decode()


@pytest.mark.parametrize(
    ("model", "number"), [(Conversation, 2), (Member, 2), (Message, 2), (Group, 2), (Forum, 2)]
)
def test_a_list_takes_the_same_number_of_queries_however_long(model, number, ada, tara, sam):
    for round_ in range(2):
        group, forum = create_group(tara, sam, name=f"g{round_}"), create_forum(tara, f"f{round_}")
        for _ in range(3):
            send(group.conversation, sam)
            send(forum.conversation, tara)

        with queries(number):
            rendered_list(model, ada)


def test_direct_conversations_are_not_shown(ada, tara, sam):
    direct = find_or_create_direct(actor=tara, recipient_id=sam.pk)
    send(direct, sam, "between us")
    send(create_forum(tara).conversation, sam, "to all")

    shown = rendered_list(Message, ada)

    assert "to all" in shown
    assert "between us" not in shown
    assert str(direct.pk) not in rendered_list(Conversation, ada)


def test_nothing_is_changed_here(ada):
    request = RequestFactory().get("/")
    request.user = create_user("root", role="admin")

    for model in (Conversation, Member, Message, Group, Forum):
        admin = site.get_model_admin(model)
        assert not admin.has_add_permission(request)
        assert not admin.has_change_permission(request)
        assert not admin.has_delete_permission(request)
