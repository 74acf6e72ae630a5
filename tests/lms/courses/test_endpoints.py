import pytest

from tenants.context import in_tenant
from tests.factories.accounts import create_user
from tests.factories.courses import create_course
from tests.lms.courses.doors import door

BODY = {"title": "Title", "body": "Body", "name": "Name"}


@pytest.mark.parametrize(
    ("method", "resource", "anonymous", "student", "teacher", "owner", "elsewhere"),
    [
        ("get", "courses/", 401, 200, 200, 200, 200),
        ("post", "courses/", 401, 403, 201, 201, 201),
        ("get", "courses/categories/", 401, 200, 200, 200, 200),
        ("post", "courses/categories/", 401, 403, 201, 409, 201),  # there is one by then
        ("get", "courses/{}/", 401, 200, 200, 200, 404),
        ("put", "courses/{}/", 401, 403, 403, 200, 404),
        ("patch", "courses/{}/", 401, 403, 403, 200, 404),
        ("delete", "courses/{}/", 401, 403, 403, 204, 404),
        ("post", "courses/{}/publish/", 401, 403, 403, 409, 404),  # it is published
        ("post", "courses/{}/unpublish/", 401, 403, 403, 200, 404),
        ("get", "courses/{}/announcements/", 401, 403, 403, 200, 404),
        ("post", "courses/{}/announcements/", 401, 403, 403, 201, 404),
    ],
)
def test_every_endpoint_answers_each_kind_of_person(
    method, resource, anonymous, student, teacher, owner, elsewhere, tara, ivan, sam, beta
):
    path = "/api/v1/" + resource.format(create_course(tara).slug)
    body = {} if method == "get" else BODY

    outcomes = [
        getattr(door(user), method)(path, body).status_code for user in (None, sam, ivan, tara)
    ]
    with in_tenant(beta):
        bea = create_user("bea", role="admin", email="bea@beta.school")
        outcomes.append(getattr(door(bea, host="beta.test"), method)(path, body).status_code)

    assert outcomes == [anonymous, student, teacher, owner, elsewhere]


def test_a_token_of_one_school_opens_no_course_of_another(tara, beta):
    with in_tenant(beta):
        bea = create_user("bea", role="admin", email="bea@beta.school")
        token = door(bea, host="alpha.test")

    assert token.get(f"/api/v1/courses/{create_course(tara).slug}/").status_code == 401
