from django.apps import AppConfig


class GroupsConfig(AppConfig):
    name = "lms.groups"
