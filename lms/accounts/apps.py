from importlib import import_module

from django.apps import AppConfig


class AccountsConfig(AppConfig):
    name = "lms.accounts"

    def ready(self) -> None:
        import_module("lms.accounts.openapi")  # registers itself with drf-spectacular
