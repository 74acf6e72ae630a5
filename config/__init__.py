"""Wires the rooms together: settings, URLs, ASGI, Celery. Nothing imports it."""

from config.celery import app as celery_app

__all__ = ["celery_app"]
