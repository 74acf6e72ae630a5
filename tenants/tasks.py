"""Background work inside a tenant. Every task of the domains uses TenantTask."""

from typing import Any

from celery import Task, current_app, shared_task

from tenants.context import PUBLIC, TenantMissing, current_schema, in_tenant
from tenants.selectors import find_tenant_by_schema, ready_schemas

HEADER = "tenant_schema"


class TenantTask(Task):
    """Carries the caller's tenant in the message header and works inside it.

    A message without a tenant raises TenantMissing; it is never done in the public schema,
    except for tasks whose rows exist there too and that say so with `on_platform=True`.
    Work for a tenant that is not ready (suspended, deleted) is dropped: its rows still say
    what is to be done, and the sweepers find it when the tenant is back.
    """

    abstract = True
    on_platform = False

    def apply_async(self, args: Any = None, kwargs: Any = None, **options: Any) -> Any:
        given = options.pop("headers", None) or {}
        # A new dict for each call: a reused one would carry the last caller's tenant.
        headers = {**given, HEADER: given.get(HEADER) or current_schema()}
        return super().apply_async(args, kwargs, headers=headers, **options)

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        schema = self._schema()
        tenant = find_tenant_by_schema(schema)
        if tenant is None or tenant.state != "ready":
            return None
        with in_tenant(schema):
            return super().__call__(*args, **kwargs)

    def _schema(self) -> str:
        schema = (self.request.headers or {}).get(HEADER) or getattr(self.request, HEADER, None)
        if not schema:
            raise TenantMissing(f"task {self.name} came without a tenant")
        if schema == PUBLIC and not self.on_platform:
            raise TenantMissing(f"task {self.name} is no work for the platform")
        return str(schema)


@shared_task(name="tenants.for_each_tenant")
def for_each_tenant(task: str) -> None:
    """Beat's dispatcher: one message of `task` for each ready tenant, and for the platform
    where the task's rows exist in the public schema too."""
    registered = current_app.tasks[task]
    schemas = list(ready_schemas())
    if registered.on_platform:
        schemas.append(PUBLIC)
    for schema in schemas:
        registered.apply_async(headers={HEADER: schema})
