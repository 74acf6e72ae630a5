"""`manage.py create_tenant`: what `make tenant` does."""

import pytest
from django.core.management import CommandError, call_command
from django.test import Client

from tenants.selectors import find_tenant_by_slug


@pytest.mark.django_db
def test_it_says_where_the_school_is_and_who_opens_it(capsys):
    call_command("create_tenant", "gamma")

    lines = capsys.readouterr().out.splitlines()
    assert lines[0].startswith("gamma: ready at http://gamma.localhost")
    email, password = (line.partition(": ")[2] for line in lines[1:3])
    answer = Client().post(
        "/api/auth/login/",
        {"email": email, "password": password},
        content_type="application/json",
        headers={"host": "gamma.localhost"},
    )
    assert answer.status_code == 200, answer.content
    assert answer.json()["user"]["role"] == "admin"


@pytest.mark.django_db
def test_a_name_that_cannot_be_is_one_line(capsys):
    with pytest.raises(CommandError, match="lower-case letters"):
        call_command("create_tenant", "Gamma!")
    call_command("create_tenant", "gamma", "--admin-password", "pass word 1")
    assert "pass word 1" not in capsys.readouterr().out
    with pytest.raises(CommandError, match="exists already"):
        call_command("create_tenant", "gamma")
    assert find_tenant_by_slug("gamma") is not None
