"""Groups and members over HTTP: who sees, who may, what is refused."""

import json
import uuid

import pytest

from lms.groups.models import Group
from lms.messaging.events import ConversationWasClosed, MemberAdded, MemberRemoved
from lms.messaging.models import Member
from lms.streams.selectors import entries_after
from tenants.context import in_tenant
from tenants.selectors import forget
from tenants.services import update_settings
from tests.factories.accounts import create_user
from tests.factories.groups import create_group
from tests.factories.messaging import send
from tests.lms.messaging.looking import queries

SHOWN = {
    "id", "name", "title", "description", "kind", "join_policy", "is_active", "conversation",
    "created_by", "members_count", "my_role", "created_at", "updated_at",
}  # fmt: skip


@pytest.fixture
def group(tara, sam):
    """Tara's, with sam in it."""
    return create_group(tara, sam)


def member_of(group, user):
    return Member.objects.get(audience_id=group.audience_id, user=user)


def test_whoever_creates_a_group_owns_it_and_finds_it(sam, call):
    body = {"name": "Python Developers", "description": "For enthusiasts", "is_active": True}

    answer = call(sam).post("groups/", body)

    group = answer.json()
    assert answer.status_code == 201
    assert set(group) == SHOWN
    assert (group["my_role"], group["members_count"], group["is_active"]) == ("owner", 1, True)
    assert group["name"] == group["title"] == "Python Developers"
    assert group["conversation"] == group["id"]
    assert call(sam).get("groups/").json()["results"] == [group]
    assert call(sam).get(f"groups/{group['id']}/").json() == group


def test_a_school_may_keep_the_creation_of_groups_to_its_staff(alpha, sam, tara, call):
    update_settings(schema=alpha, changes={"group_creation": "staff"})

    refused = call(sam).post("groups/", {"name": "x"})

    assert (refused.status_code, refused.json()["code"]) == (403, "group_creation_not_allowed")
    assert call(tara).post("groups/", {"name": "x"}).status_code == 201
    assert Group.objects.count() == 1


@pytest.fixture(autouse=True)
def _settings_are_read_afresh():
    forget()
    yield
    forget()


def test_a_name_is_needed_and_blank_ones_are_refused(sam, call):
    assert call(sam).post("groups/", {}).json()["name"] == ["This field is required."]
    assert call(sam).post("groups/", {"name": " "}).status_code == 400
    assert call(sam).post("groups/", {"title": "by its other name"}).status_code == 201


def test_the_owner_changes_and_closes_the_group(group, tara, sam, heard, call,
                                                django_capture_on_commit_callbacks):  # fmt: skip
    owner, path = call(tara), f"groups/{group.pk}/"
    changes = {"name": "New", "join_policy": "OPEN", "kind": "cohort"}

    changed = owner.patch(path, changes).json()
    facts = heard(ConversationWasClosed)
    with django_capture_on_commit_callbacks(execute=True):
        assert owner.delete(path).status_code == 204

    assert (changed["name"], changed["join_policy"], changed["kind"]) == ("New", "open", "cohort")
    assert facts == [ConversationWasClosed(conversation_id=str(group.pk))]
    assert owner.get(path).json()["is_active"] is False
    refused = call(sam).post(f"conversations/{group.pk}/messages/", {"content": "x"})
    assert refused.json()["code"] == "conversation_closed"
    assert owner.patch(path, {"is_active": True}).json()["is_active"] is True


def test_a_new_member_is_announced_and_reads_what_was_said(
    group, tara, sven, heard, call, django_capture_on_commit_callbacks
):
    send(group.conversation, tara, "before")
    facts = heard(MemberAdded)
    body = {"group": str(group.pk), "user_id": str(sven.pk), "role": "member"}

    with django_capture_on_commit_callbacks(execute=True):
        answer = call(tara).post("members/", body)

    member = answer.json()
    assert answer.status_code == 201
    assert set(member) == {
        "id", "group", "user", "user_id", "name", "avatar", "role", "joined_at",
    }  # fmt: skip
    assert (member["user"], member["group"]) == (str(sven.pk), str(group.pk))
    assert facts == [MemberAdded(audience_id=str(group.audience_id), user_id=str(sven.pk))]
    entry = entries_after(group.conversation.stream, 0, limit=50)[-1]
    assert (entry.type, json.loads(entry.payload)["user_id"]) == ("member.joined", str(sven.pk))
    history = call(sven).get(f"conversations/{group.pk}/messages/").json()["results"]
    assert [message["content"] for message in history] == ["before"]


def test_a_removed_member_is_announced_and_reads_no_more(
    group, tara, sam, heard, call, django_capture_on_commit_callbacks
):
    facts = heard(MemberRemoved)

    with django_capture_on_commit_callbacks(execute=True):
        answer = call(tara).delete(f"members/{member_of(group, sam).pk}/")

    assert answer.status_code == 204
    assert facts == [MemberRemoved(audience_id=str(group.audience_id), user_id=str(sam.pk))]
    assert entries_after(group.conversation.stream, 0, limit=50)[-1].type == "member.left"
    assert call(sam).get(f"conversations/{group.pk}/messages/").status_code == 404
    assert call(sam).get(f"groups/{group.pk}/").status_code == 404


def test_adding_somebody_twice_is_a_conflict_and_keeps_the_role(group, tara, sam, call):
    body = {"group": str(group.pk), "user": str(sam.pk), "role": "owner"}

    answer = call(tara).post("members/", body)

    assert (answer.status_code, answer.json()["code"]) == (409, "already_member")
    assert member_of(group, sam).role == "member"


@pytest.mark.parametrize("user_id", ["user-123", 1, str(uuid.uuid4()), "inactive"])
def test_nobody_is_added_by_an_id_that_names_nobody(user_id, group, tara, call):
    create_user("gone", external_id="inactive", is_active=False)

    answer = call(tara).post("members/", {"group": str(group.pk), "user_id": user_id})

    assert (answer.status_code, answer.json()["code"]) == (404, "recipient_not_found")
    assert Member.objects.count() == 2


def test_a_closed_group_takes_nobody_in(group, tara, sven, call):
    call(tara).delete(f"groups/{group.pk}/")

    answer = call(tara).post("members/", {"group": str(group.pk), "user_id": str(sven.pk)})

    assert (answer.status_code, answer.json()["code"]) == (409, "group_closed")


def test_an_open_group_is_found_and_joined_and_read_only_then(tara, sven, call):
    group = create_group(tara, join_policy="open")
    send(group.conversation, tara)
    stranger, path = call(sven), f"conversations/{group.pk}/messages/"
    body = {"group": str(group.pk), "user_id": str(sven.pk)}

    found = stranger.get("groups/").json()["results"]
    assert [(one["id"], one["my_role"]) for one in found] == [(str(group.pk), None)]
    assert stranger.get(path).status_code == 404
    assert stranger.get("members/", group=str(group.pk)).status_code == 404
    assert stranger.post("members/", {**body, "role": "owner"}).status_code == 403
    assert stranger.post("members/", body).status_code == 201
    assert stranger.get(path).json()["results"][0]["content"] == "hi"


def test_in_an_open_group_a_stranger_brings_in_nobody_else(tara, sam, sven, call):
    group = create_group(tara, join_policy="open")

    answer = call(sven).post("members/", {"group": str(group.pk), "user_id": str(sam.pk)})

    assert answer.status_code == 403
    assert Member.objects.count() == 1


def test_moderators_bring_in_and_remove_plain_members_only(group, tara, sam, sven, call):
    member = member_of(group, sam)
    call(tara).patch(f"members/{member.pk}/", {"role": "Moderator"})
    moderator = call(sam)
    body = {"group": str(group.pk), "user_id": str(sven.pk)}

    as_owner = moderator.post("members/", {**body, "role": "owner"})
    as_member = moderator.post("members/", body)
    promoted = moderator.patch(f"members/{as_member.json()['id']}/", {"role": "moderator"})
    against_owner = moderator.delete(f"members/{member_of(group, tara).pk}/")
    removed = moderator.delete(f"members/{as_member.json()['id']}/")

    assert [answer.status_code for answer in (
        as_owner, as_member, promoted, against_owner, removed
    )] == [403, 201, 403, 403, 204]  # fmt: skip


def test_the_last_owner_neither_leaves_nor_steps_down_nor_is_removed(group, tara, ada, call):
    path = f"members/{member_of(group, tara).pk}/"

    left = call(tara).post(f"groups/{group.pk}/leave/")
    stepped_down = call(tara).patch(path, {"role": "member"})
    removed = call(ada).delete(path)

    assert {answer.json()["code"] for answer in (left, stepped_down, removed)} == {"last_owner"}
    assert member_of(group, tara).role == "owner"


def test_an_owner_leaves_when_there_is_another(group, tara, sam, call):
    call(tara).patch(f"members/{member_of(group, sam).pk}/", {"role": "owner"})

    assert call(tara).post(f"groups/{group.pk}/leave/").status_code == 204
    assert call(tara).get(f"groups/{group.pk}/").status_code == 404
    assert call(tara).post(f"groups/{group.pk}/leave/").status_code == 404


def test_members_are_listed_by_group_and_role(group, tara, sam, sven, call):
    create_group(sven, name="elsewhere")

    listed = call(sam).get("members/", group=str(group.pk)).json()
    owners = call(sam).get("members/", role="owner").json()

    assert [member["name"] for member in listed["results"]] == [tara.full_name, sam.full_name]
    assert [member["user_id"] for member in owners["results"]] == [str(tara.pk)]


def test_groups_are_searched_by_name_and_description(tara, call):
    for name in ("Chess", "Go", "Poker"):
        create_group(tara, name=name, description="board game" if name == "Go" else "")

    found = call(tara).get("groups/", search="o").json()["results"]

    assert [group["name"] for group in found] == ["Poker", "Go"]
    assert call(tara).get("groups/", search="BOARD").json()["count"] == 1


def test_lists_take_the_same_number_of_queries_however_long(tara, sam, call):
    caller = call(tara)
    group = create_group(tara, sam)
    for _ in range(2):
        with queries(3):  # who asks, count, page
            caller.get("groups/")
        with queries(4):  # who asks, the group, count, page
            caller.get("members/", group=str(group.pk))
        for number in range(4):
            create_group(tara, create_user(f"p{number}{uuid.uuid4().hex}"), name=str(number))


ROUTES = [
    # method, path, body, stranger, member, owner
    ("get", "groups/{group}/", None, 404, 200, 200),
    ("patch", "groups/{group}/", {"name": "x"}, 404, 403, 200),
    ("delete", "groups/{group}/", None, 404, 403, 204),
    ("get", "members/?group={group}", None, 404, 200, 200),
    ("post", "members/", {"group": "{group}", "user_id": "{person}"}, 404, 403, 201),
    ("get", "members/{member}/", None, 404, 200, 200),
    ("patch", "members/{member}/", {"role": "moderator"}, 404, 403, 200),
    ("delete", "members/{member}/", None, 404, 403, 204),
    ("post", "groups/{group}/leave/", {}, 404, 204, 409),
]


@pytest.mark.parametrize(("method", "path", "body", "stranger", "member", "owner"), ROUTES)
def test_who_may(
    method, path, body, stranger, member, owner, group, tara, sam, sven, ada, call, beta
):
    person, other = create_user("new"), create_user("other")
    Member.objects.create(audience_id=group.audience_id, user=other)
    ids = {
        "group": str(group.pk), "person": str(person.pk), "member": str(member_of(group, other).pk)
    }  # fmt: skip
    path = path.format(**ids)
    body = {key: str(value).format(**ids) for key, value in (body or {}).items()}
    with in_tenant(beta):
        foreigner = create_user("sam", email="sam@beta.school")
        of_beta, lost = call(foreigner, "beta.test"), call(foreigner, "alpha.test")

    def status(caller):
        send_it = getattr(caller, method)
        return (send_it(path, body) if method in ("post", "patch") else send_it(path)).status_code

    assert status(call(None)) == 401
    assert status(lost) == 401
    assert status(of_beta) == 404
    assert status(call(sven)) == stranger
    assert status(call(sam)) == member
    assert status(call(tara)) == owner
