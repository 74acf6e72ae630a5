from django.apps import AppConfig


class StoaConfig(AppConfig):
    """The top of the house as an app, for its management commands and admin templates."""

    name = "config"
