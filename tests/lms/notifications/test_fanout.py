from datetime import timedelta

import pytest
from celery import current_app
from django.utils import timezone

from lms.courses.events import AnnouncementPosted
from lms.courses.models import Announcement
from lms.enrollments.services import drop_enrollment
from lms.groups.models import Group
from lms.messaging.models import Conversation, Member
from lms.messaging.services.audiences import add_member
from lms.notifications import fanout, services, subscribers
from lms.notifications.fanout import notify_course, notify_waiting_courses
from lms.notifications.models import Notification
from tenants.tasks import HEADER
from tests.factories.accounts import create_user
from tests.factories.courses import create_announcement, create_course, enroll
from tests.factories.messaging import create_closed_circle
from tests.lms.courses.doors import entries


@pytest.fixture
def queued(monkeypatch):
    """What would go to the worker: names and arguments."""
    jobs = []
    for name in ("notifications.notify_course",):
        task = current_app.tasks[name]
        monkeypatch.setattr(
            task, "apply_async", lambda kwargs, name=name, **_: jobs.append((name, kwargs))
        )
    return jobs


def test_an_announcement_reaches_the_inboxes_of_those_in_the_course(tara, sam, ivan):
    course = create_course(tara, "Python")
    gone = create_user("gone")
    drop_enrollment(actor=gone, enrollment_id=enroll(gone, course).pk)
    enroll(sam, course)
    announcement = create_announcement(course, "Exam", "On Monday")

    assert notify_course(announcement_id=announcement.pk) == 1

    row = Notification.objects.get()
    assert (row.user, row.kind, row.title) == (sam, "announcement.posted", "Python: Exam")
    assert (row.body, row.link, row.actor_id) == ("On Monday", "/courses/python/", tara.pk)
    assert [type_ for type_, _ in entries(f"user:{sam.pk}")] == ["notification.created"]
    announcement.refresh_from_db()
    assert announcement.notified_at


def test_the_fan_out_done_again_tells_nobody_again(tara, sam):
    course = create_course(tara)
    enroll(sam, course)
    announcement = create_announcement(course)

    outcomes = [notify_course(announcement_id=announcement.pk) for _ in range(3)]

    assert outcomes == [1, 0, 0]
    assert Notification.objects.count() == len(entries(f"user:{sam.pk}")) == 1


def test_nobody_is_left_out_of_a_course_larger_than_a_page(tara, monkeypatch):
    monkeypatch.setattr(fanout, "CHUNK", 3)
    monkeypatch.setattr(services, "CHUNK", 3)
    course = create_course(tara)
    for number in range(8):
        enroll(create_user(f"person{number}"), course)

    assert notify_course(announcement_id=create_announcement(course).pk) == 8


def test_a_posted_announcement_is_queued_after_the_commit(
    tara, sam, queued, django_capture_on_commit_callbacks
):
    course = create_course(tara)
    enroll(sam, course)

    with django_capture_on_commit_callbacks(execute=True):
        announcement = create_announcement(course)
        assert queued == []

    assert queued == [("notifications.notify_course", {"announcement_id": str(announcement.pk)})]


def test_a_fact_told_twice_is_queued_twice_and_arrives_once(
    tara, sam, queued, django_capture_on_commit_callbacks
):
    course = create_course(tara)
    enroll(sam, course)
    announcement = create_announcement(course)
    fact = AnnouncementPosted(
        announcement_id=str(announcement.pk), course_id=str(course.pk), author_id=str(tara.pk)
    )
    with django_capture_on_commit_callbacks(execute=True):
        for _ in range(2):
            subscribers.tell_course(fact)
    assert len(queued) == 2

    for name, arguments in queued:
        current_app.tasks[name].run(**arguments)

    assert Notification.objects.count() == 1


def test_the_task_works_in_the_tenant_of_its_message(alpha_committed):
    tara, sam = create_user("tara", role="instructor"), create_user("sam")
    course = create_course(tara)
    enroll(sam, course)
    announcement = create_announcement(course)
    task = current_app.tasks["notifications.notify_course"]

    task.apply(kwargs={"announcement_id": str(announcement.pk)}, headers={HEADER: alpha_committed})

    assert Notification.objects.get().user == sam


def test_the_sweeper_finds_what_was_lost_on_the_way_and_nothing_else(tara, sam):
    course = create_course(tara)
    enroll(sam, course)
    lost, fresh, done = (create_announcement(course, title) for title in ("Lost", "Fresh", "Done"))
    Announcement.objects.exclude(pk=fresh.pk).update(
        created_at=timezone.now() - timedelta(minutes=2)
    )
    notify_course(announcement_id=done.pk)

    assert notify_waiting_courses() == 1

    titles = Notification.objects.order_by("id").values_list("title", flat=True)
    assert list(titles) == ["Python: Done", "Python: Lost"]
    assert notify_waiting_courses() == 0
    lost.refresh_from_db()
    assert lost.notified_at


def test_an_announcement_that_is_gone_tells_nobody(tara):
    assert notify_course(announcement_id=tara.pk) == 0


def _group(policy, *people):
    conversation = create_closed_circle(*people, title="Snakes")
    return Group.objects.create(pk=conversation.pk, conversation=conversation, join_policy=policy)


def test_who_is_put_into_a_group_is_told(tara, sam, django_capture_on_commit_callbacks):
    group = _group(Group.JoinPolicy.INVITE, tara)

    with django_capture_on_commit_callbacks(execute=True):
        for _ in range(2):
            add_member(audience_id=group.audience_id, user_id=sam.pk, role=Member.Role.MEMBER)

    row = Notification.objects.get()
    assert (row.user, row.kind, row.title) == (sam, "group.added", "You are in the group Snakes")
    assert row.link == f"/groups/{group.pk}/"


def test_who_founds_a_group_joins_an_open_one_or_a_course_is_not_told(
    tara, sam, django_capture_on_commit_callbacks
):
    with django_capture_on_commit_callbacks(execute=True):
        _group(Group.JoinPolicy.INVITE, tara)
        _group(Group.JoinPolicy.OPEN, tara, sam)
        enroll(sam, create_course(tara))

    assert Conversation.objects.count() == 2
    assert Notification.objects.count() == 0
