from typing import Any

from django.db import models

from lms.auditlog.models import AuditEntry
from lms.core.request_facts import request_facts_var
from tenants.logcontext import request_id_var

SECRET_WORDS = ("password", "secret", "token", "code", "key")


def record(
    *,
    action: str,
    actor: Any = None,
    target: models.Model | None = None,
    details: dict[str, Any] | None = None,
) -> AuditEntry:
    """One entry in the caller's transaction. `actor` is a user or None (nobody, or unknown).

    Values under names that sound secret are redacted.
    """
    facts = request_facts_var.get()
    return AuditEntry.objects.create(
        action=action,
        actor_id=getattr(actor, "pk", None),
        actor_name=str(getattr(actor, "full_name", ""))[:255],
        target=f"{target._meta.label_lower}:{target.pk}" if target is not None else "",
        details=_redacted(details or {}),
        ip_address=facts.ip,
        user_agent=facts.user_agent[:300],
        request_id="" if request_id_var.get() == "-" else request_id_var.get(),
    )


def _redacted(details: dict[str, Any]) -> dict[str, Any]:
    return {name: _shown(name, value) for name, value in details.items()}


def _shown(name: str, value: Any) -> Any:
    if any(word in name.lower() for word in SECRET_WORDS):
        return "[redacted]"
    return _redacted(value) if isinstance(value, dict) else value
