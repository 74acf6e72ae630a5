from django.apps import AppConfig


class ForumConfig(AppConfig):
    name = "lms.forum"
