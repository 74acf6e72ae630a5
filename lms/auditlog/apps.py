from django.apps import AppConfig


class AuditLogConfig(AppConfig):
    name = "lms.auditlog"

    def ready(self) -> None:
        from lms.auditlog.services import record
        from tenants import announce

        announce.register_recorder(record)
