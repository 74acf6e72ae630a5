"""Who and where, for log lines. Imports nothing, so that logging can be set up first."""

from contextvars import ContextVar

tenant_var: ContextVar[str] = ContextVar("tenant", default="-")
request_id_var: ContextVar[str] = ContextVar("request_id", default="-")
user_id_var: ContextVar[str] = ContextVar("user_id", default="-")
