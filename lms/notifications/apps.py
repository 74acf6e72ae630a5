from django.apps import AppConfig


class NotificationsConfig(AppConfig):
    name = "lms.notifications"

    def ready(self) -> None:
        from lms.activitylog.events import subscribe
        from lms.courses.events import AnnouncementPosted
        from lms.messaging.events import MemberAdded
        from lms.notifications import direct, subscribers, tasks  # noqa: F401 - registers the tasks
        from lms.streams import announce

        subscribe(AnnouncementPosted, subscribers.tell_course)
        subscribe(MemberAdded, subscribers.tell_group_member)
        announce.register(direct.hear)
