"""Audit entries: who, what, from where; never a secret; never changed."""

import pytest
from django.db import IntegrityError, connection, transaction
from django.db.utils import DatabaseError

from lms.auditlog.models import AuditEntry
from lms.auditlog.services import record
from lms.core.request_facts import RequestFacts, request_facts_var
from tenants.logcontext import request_id_var
from tests.factories.accounts import create_user


def test_it_says_who_what_and_from_where(alpha):
    ada = create_user("ada", role="admin")
    facts = request_facts_var.set(RequestFacts(ip="10.0.0.9", user_agent="x" * 500))
    request_id = request_id_var.set("request-0001")
    try:
        record(action="user.changed", actor=ada, target=ada, details={"role": "admin"})
    finally:
        request_facts_var.reset(facts)
        request_id_var.reset(request_id)

    entry = AuditEntry.objects.get()
    assert (entry.action, entry.actor_id, entry.actor_name) == (
        "user.changed",
        ada.pk,
        "Ada Tester",
    )
    assert entry.target == f"accounts.user:{ada.pk}"
    assert (entry.ip_address, entry.request_id) == ("10.0.0.9", "request-0001")
    assert len(entry.user_agent) == 300


def test_what_sounds_secret_is_not_kept_however_deep(alpha):
    record(
        action="x",
        details={
            "new_password": "hunter2",
            "token": "eyJ",
            "role": "admin",
            "changes": {"api_key": "k", "features": {"secret_code": "s", "dark": True}},
        },
    )

    details = AuditEntry.objects.get().details
    assert details["role"] == "admin"
    assert details["changes"]["features"]["dark"] is True
    for secret in ("hunter2", "eyJ", '"k"', '"s"'):
        assert secret not in str(details).replace("'", '"')


def test_it_goes_with_the_change_that_it_is_about(alpha):
    with pytest.raises(ZeroDivisionError):
        _record_and_fail()

    assert not AuditEntry.objects.exists()


@transaction.atomic
def _record_and_fail():
    record(action="x")
    raise ZeroDivisionError


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE auditlog_auditentry SET action = 'y'",
        "DELETE FROM auditlog_auditentry",
        "TRUNCATE auditlog_auditentry",
    ],
)
def test_nobody_changes_or_removes_an_entry(alpha, statement):
    record(action="x")

    with (
        pytest.raises((DatabaseError, IntegrityError), match="append-only"),
        transaction.atomic(),
        connection.cursor() as cursor,
    ):
        cursor.execute(statement)

    assert AuditEntry.objects.get().action == "x"


def test_the_triggers_were_copied_into_every_new_tenant(beta, alpha):
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(DISTINCT event_object_schema) FROM information_schema.triggers"
            " WHERE trigger_name = 'auditlog_no_change' AND event_object_schema = ANY(%s)",
            [[alpha, beta, "public"]],
        )
        assert cursor.fetchone()[0] == 3
