"""django.contrib.admin with our sites, as named in INSTALLED_APPS."""

from django.contrib.admin.apps import AdminConfig


class StoaAdminConfig(AdminConfig):
    default_site = "config.admin_site.TenantAdminSite"

    def ready(self) -> None:
        from django.contrib.admin.options import BaseModelAdmin

        # Annotations name the model, `ModelAdmin[Course]`; Django's stubs know that, Django does
        # not yet.
        BaseModelAdmin.__class_getitem__ = classmethod(  # type: ignore[attr-defined]
            lambda cls, _model: cls
        )
        super().ready()
