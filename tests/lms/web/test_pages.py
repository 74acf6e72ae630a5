"""The pages as a browser without scripts sees them: who gets in, what is asked of the database."""

import pytest
from django.test import Client

from lms.messaging.models import Message
from tests.factories.accounts import PASSWORD, create_user
from tests.factories.courses import create_course
from tests.factories.forum import create_forum
from tests.factories.groups import create_group
from tests.factories.messaging import send

HOST = "alpha.localhost"
PAGES = ("/", "/groups/", "/courses/", "/people/", "/notifications/", "/profile/")


@pytest.fixture
def sam(alpha):
    return create_user("sam")


@pytest.fixture
def tara(alpha):
    return create_user("tara", role="instructor")


@pytest.fixture
def page(sam) -> Client:
    """Sam's browser."""
    return signed_in(sam)


def signed_in(person, **options) -> Client:
    client = Client(headers={"host": HOST}, **options)
    response = client.post("/login/", {"email": person.email, "password": PASSWORD})
    assert response.status_code == 302, response.content
    return client


@pytest.mark.parametrize("path", [*PAGES, "/c/01a1fb4b-5226-70e4-9238-0003dd1414bc/"])
def test_nobody_sees_a_page_before_signing_in(alpha, path):
    response = Client(headers={"host": HOST}).get(path)

    assert response.status_code == 302
    assert response["Location"].startswith("/login/?next=")


@pytest.mark.parametrize("path", PAGES)
def test_pages_are_kept_by_no_cache_and_run_no_foreign_script(page, path):
    response = page.get(path)

    assert response.status_code == 200
    assert "no-store" in response["Cache-Control"]
    policy = response["Content-Security-Policy"]
    assert "unsafe" not in policy
    assert "script-src 'self'" in policy
    body = response.content.decode()
    assert "<style" not in body
    assert " style=" not in body
    assert " onclick=" not in body


def test_a_fragment_asked_for_after_the_session_ended_leads_to_signing_in(sam, page):
    page.cookies.clear()
    response = page.get(
        "/conversations/",
        headers={"host": HOST, "hx-request": "true", "hx-current-url": f"http://{HOST}/courses/"},
    )
    assert response["HX-Redirect"] == "/login/?next=%2Fcourses%2F"


@pytest.mark.parametrize(
    ("wanted", "leads_to"),
    [
        ("/people/?q=a", "/people/?q=a"),
        ("/admin/", "/admin/"),
        ("https://evil.example/", "/"),
        ("//evil.example", "/"),
        ("/\\evil.example", "/"),
        ("javascript:alert(1)", "/"),
        ("people/", "/"),
    ],
)
def test_after_signing_in_one_lands_on_a_page_of_this_host(sam, wanted, leads_to):
    client = Client(headers={"host": HOST})
    fields = {"email": sam.email, "password": PASSWORD, "next": wanted}

    assert client.post("/login/", fields)["Location"] == leads_to


def test_a_form_without_its_token_changes_nothing(sam):
    client = signed_in(sam, enforce_csrf_checks=False)
    client.handler.enforce_csrf_checks = True

    response = client.post("/profile/name/", {"full_name": "Mallory"})
    as_text = client.post("/profile/name/", '{"full_name": "Mallory"}', content_type="text/plain")

    assert response.status_code == as_text.status_code == 403
    sam.refresh_from_db()
    assert sam.full_name == "Sam Tester"


@pytest.mark.parametrize("content_type", ["text/plain", "application/json"])
def test_the_session_cookie_alone_opens_no_door_of_the_api(sam, content_type):
    """AU-18: another site can make the browser send this, and nothing more."""
    client = signed_in(sam)
    client.handler.enforce_csrf_checks = True

    response = client.patch("/api/v1/users/me/", '{"full_name": "M"}', content_type=content_type)

    assert response.status_code in (403, 415)
    sam.refresh_from_db()
    assert sam.full_name == "Sam Tester"


def test_what_one_may_not_see_does_not_exist(page, tara):
    group = create_group(tara)

    for path in (f"/c/{group.pk}/", f"/c/{group.pk}/history/", f"/c/{group.pk}/about/"):
        assert page.get(path).status_code == 404


@pytest.mark.parametrize("before", ["x", "-1", "9" * 30, "٣"])
def test_history_before_nonsense_is_refused(page, tara, before):
    forum = create_forum(tara)

    assert page.get(f"/c/{forum.pk}/history/", {"before": before}).status_code == 400


def test_history_goes_back_page_by_page(page, tara):
    forum = create_forum(tara)
    for number in range(60):
        send(forum.conversation, tara, str(number))

    first = page.get(f"/c/{forum.pk}/history/").json()
    oldest = first["messages"][-1]["offset"]
    second = page.get(f"/c/{forum.pk}/history/", {"before": oldest}).json()

    said = [message["content"] for message in first["messages"] + second["messages"]]
    assert said == [str(number) for number in reversed(range(60))]
    assert (first["has_more"], second["has_more"]) == (True, False)


def test_the_list_asks_the_same_number_of_questions_for_any_number_of_conversations(
    sam, tara, page, django_assert_max_num_queries
):
    send(create_forum(tara, title="First").conversation, tara, "hello")
    page.get("/")
    with django_assert_max_num_queries(20) as one:
        page.get("/")
    for number in range(8):
        forum = create_forum(tara, title=f"Forum {number}")
        send(forum.conversation, tara, "hello")
    with django_assert_max_num_queries(len(one)):
        response = page.get("/")
    assert response.content.count(b'class="row is-unread"') == 9


def test_the_courses_ask_the_same_number_of_questions_for_any_number(
    tara, page, django_assert_max_num_queries
):
    create_course(tara, title="First")
    with django_assert_max_num_queries(20) as one:
        page.get("/courses/")
    for number in range(8):
        create_course(tara, title=f"Course {number}")
    with django_assert_max_num_queries(len(one)):
        assert page.get("/courses/").content.count(b'class="card"') == 9


def test_names_and_titles_are_escaped_everywhere(sam, tara, page):
    tara.full_name = '<img src=x onerror="alert(1)">'
    tara.save()
    forum = create_forum(tara, title="<script>alert(1)</script>")
    send(forum.conversation, tara, "\"'></chat-room><script>alert(1)</script>")
    create_course(tara, title="</title><script>alert(1)</script>")

    for path in ("/", f"/c/{forum.pk}/", f"/c/{forum.pk}/about/", "/courses/", "/people/"):
        body = page.get(path).content.decode()
        assert "<script>alert" not in body
        assert "<img src=x" not in body


def test_search_by_name_does_not_reveal_addresses(page, tara):
    response = page.get("/people/", {"q": "alpha.school"})

    assert "Tara" not in response.content.decode()
    assert "alpha.school</" not in page.get("/people/").content.decode()


def test_reading_a_page_sends_nothing(page, tara):
    forum = create_forum(tara)

    page.get(f"/c/{forum.pk}/")

    assert page.post(f"/c/{forum.pk}/").status_code == 405
    assert not Message.objects.exists()
