from django.apps import AppConfig


class StoaConfig(AppConfig):
    """The top of the house as an app, for its management commands and admin templates."""

    name = "config"

    def ready(self) -> None:
        from config.celery import app

        # A worker would find the tasks later; whoever enqueues needs to know their names now.
        app.autodiscover_tasks(force=True)
