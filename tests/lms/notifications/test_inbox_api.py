import pytest

from tenants.context import in_tenant
from tests.factories.accounts import create_user
from tests.factories.notifications import create_notification
from tests.lms.courses.doors import door, entries


def test_the_inbox_lists_ones_own_newest_first(sam, tara):
    create_notification(sam, "Old")
    create_notification(sam, "New")
    create_notification(tara, "Not for sam")

    body = door(sam).get("/api/notifications/").json()

    assert (body["count"], body["next"]) == (2, None)
    assert [row["title"] for row in body["results"]] == ["New", "Old"]
    assert {"id", "kind", "body", "message", "is_read", "read_at"} <= body["results"][0].keys()


def test_the_inbox_is_filtered_by_reading(sam):
    read, unread = create_notification(sam, "Read"), create_notification(sam, "Unread")
    client = door(sam)
    client.patch(f"/api/notifications/{read.pk}/", {"is_read": True})

    def titles(query):
        return [row["title"] for row in client.get(f"/api/notifications/{query}").json()["results"]]

    assert titles("?unread=true") == titles("?unread=1") == [unread.title]
    assert titles("?unread=false") == [read.title]
    assert titles("") == ["Unread", "Read"]
    assert client.get("/api/notifications/?unread=perhaps").status_code == 400
    assert client.get("/api/notifications/unread-count/").json() == {"unread_count": 1}


def test_reading_is_told_once_and_can_be_taken_back(sam):
    notification = create_notification(sam)
    client, path = door(sam), f"/api/v1/notifications/{notification.pk}/"

    first = client.patch(path, {"is_read": True})
    second = client.patch(path, {"is_read": True})
    back = client.patch(path, {"is_read": False})
    again = client.patch(path, {"is_read": False})

    assert (first.status_code, first.json()["is_read"]) == (200, True)
    assert second.json()["read_at"] == first.json()["read_at"]
    assert (back.json()["is_read"], back.json()["read_at"]) == (False, None)
    assert again.json() == back.json()
    _, *reading = entries(f"user:{sam.pk}")
    base = {"id": str(notification.pk), "all": False}
    assert reading == [
        ("notification.read", {**base, "is_read": True, "read_at": first.json()["read_at"]}),
        ("notification.read", {**base, "is_read": False, "read_at": None}),
    ]


def test_all_are_read_in_one_entry(sam, tara):
    for number in range(3):
        create_notification(sam, f"Number {number}")
    create_notification(tara)
    client = door(sam)

    first = client.post("/api/v1/notifications/read-all/")
    second = client.post("/api/v1/notifications/read-all/")

    assert first.json() == {"updated": 3, "unread_count": 0}
    assert second.json() == {"updated": 0, "unread_count": 0}
    type_, payload = entries(f"user:{sam.pk}", offset=3)[0]
    assert (type_, payload["all"], payload["is_read"]) == ("notification.read", True, True)
    assert len(entries(f"user:{sam.pk}")) == 4
    assert door(tara).get("/api/v1/notifications/unread-count/").json()["unread_count"] == 1


@pytest.mark.parametrize(
    ("method", "resource", "anonymous", "owner", "stranger", "elsewhere"),
    [
        ("get", "", 401, 200, 200, 200),
        ("get", "unread-count/", 401, 200, 200, 200),
        ("post", "read-all/", 401, 200, 200, 200),
        ("get", "{}/", 401, 200, 404, 404),
        ("patch", "{}/", 401, 200, 404, 404),
    ],
)
def test_every_endpoint_answers_each_kind_of_person(
    method, resource, anonymous, owner, stranger, elsewhere, sam, ada, beta
):
    path = "/api/v1/notifications/" + resource.format(create_notification(sam).pk)
    body = {} if method == "get" else {"is_read": True}

    outcomes = [getattr(door(user), method)(path, body).status_code for user in (None, sam, ada)]
    with in_tenant(beta):
        bea = create_user("bea", role="admin", email="bea@beta.school")
        outcomes.append(getattr(door(bea, host="beta.test"), method)(path, body).status_code)

    assert outcomes == [anonymous, owner, stranger, elsewhere]


@pytest.mark.parametrize("reference", ["1", "nothing", "01890000-0000-7000-8000-000000000000"])
def test_any_other_reference_is_not_found(sam, reference):
    client = door(sam)

    assert client.get(f"/api/v1/notifications/{reference}/").status_code == 404
    assert client.patch(f"/api/v1/notifications/{reference}/", {"is_read": True}).status_code == 404


def test_a_body_without_is_read_changes_nothing(sam):
    notification = create_notification(sam)

    response = door(sam).patch(f"/api/v1/notifications/{notification.pk}/", {"read": True})

    assert (response.status_code, list(response.json()["errors"])) == (400, ["is_read"])
    notification.refresh_from_db()
    assert not notification.is_read


def test_a_page_costs_the_same_whatever_it_holds(sam, known_school, django_assert_num_queries):
    for number in range(15):
        create_notification(sam, f"Number {number}")
    client = door(sam)
    client.get("/api/v1/notifications/")

    with django_assert_num_queries(4):  # the schema, who asks, how many, the page
        assert len(client.get("/api/v1/notifications/").json()["results"]) == 15
