"""Mails over real SMTP, and the outbox when the server is away."""

import email
import email.policy
import threading
from datetime import timedelta

import pytest
import time_machine
from aiosmtpd.controller import Controller
from celery import current_app
from django.utils import timezone

from lms.accounts.models import OneTimeSecret, RefreshToken, TokenFamily
from lms.accounts.services import mailing
from lms.accounts.services.families import start_login
from lms.accounts.services.passwords import ask_for_reset
from tenants.context import PUBLIC, in_tenant
from tenants.tasks import HEADER
from tests.factories.accounts import create_user
from tests.lms.accounts.races import at_once


class Mailbox:
    """An SMTP server's handler that keeps what it accepted."""

    def __init__(self):
        self.letters = []
        self.refusing = False
        self.lock = threading.Lock()

    async def handle_DATA(self, server, session, envelope):  # noqa: N802 - aiosmtpd's name
        if self.refusing:
            return "451 Try again later"
        with self.lock:
            self.letters.append(
                (envelope.rcpt_tos, email.message_from_bytes(envelope.content, policy=POLICY))
            )
        return "250 OK"


class AnyPort(Controller):
    """Takes a port the system gives, and looks for itself there."""

    def _trigger_server(self):
        self.port = self.server.sockets[0].getsockname()[1]
        super()._trigger_server()


POLICY = email.policy.default


@pytest.fixture
def mailbox(settings):
    box = Mailbox()
    server = AnyPort(box, hostname="127.0.0.1", port=0)
    server.start()
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST = "127.0.0.1"
    settings.EMAIL_PORT = server.port
    yield box
    server.stop()


def test_a_mail_goes_out_as_text_and_html(sam, mailbox):
    ask_for_reset(email=sam.email)

    assert mailing.send_waiting() == 1

    [(recipients, letter)] = mailbox.letters
    assert recipients == [sam.email]
    assert letter["Subject"] == "Choose a new password"
    assert letter["From"] == "Stoa <noreply@stoa.localhost>"
    text, html = (letter.get_body((kind,)).get_content() for kind in ("plain", "html"))
    for body in (text, html):
        assert "http://alpha.test:8000/reset-password/?token=" in body
    assert "Alpha" in text


def test_names_cannot_write_markup_into_a_mail(alpha, mailbox):
    user = create_user("eve", full_name="<img src=x onerror=alert(1)>")
    ask_for_reset(email=user.email)
    mailing.send_waiting()

    [(_, letter)] = mailbox.letters
    assert "<img" not in letter.get_body(("html",)).get_content()


def test_what_the_server_refuses_waits_and_goes_later_once(sam, mailbox):
    mailbox.refusing = True
    ask_for_reset(email=sam.email)
    assert mailing.send_waiting() == 0

    mailbox.refusing = False
    assert mailing.send_waiting() == 0  # not due yet
    with time_machine.travel(timezone.now() + timedelta(seconds=31)):
        assert mailing.send_waiting() == 1
        assert mailing.send_waiting() == 0

    assert len(mailbox.letters) == 1


def test_a_server_that_is_away_is_a_warning(sam, settings, caplog):
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", 1
    ask_for_reset(email=sam.email)

    assert mailing.send_waiting() == 0

    assert "mail_not_sent" in caplog.text
    assert OneTimeSecret.objects.get().sent_at is None


def test_what_expired_while_it_waited_is_not_sent(sam, mailbox):
    ask_for_reset(email=sam.email)
    with time_machine.travel(timezone.now() + timedelta(hours=2)):
        mailing.send_waiting()

    assert mailbox.letters == []
    assert OneTimeSecret.objects.get().used_at is not None


def test_the_task_sends_inside_its_tenant(alpha_committed, mailbox):
    create_user("sam")
    ask_for_reset(email="sam@alpha.school")
    task = current_app.tasks["accounts.send_secret"]
    arguments = {"secret_id": str(OneTimeSecret.objects.get().pk)}

    with in_tenant(PUBLIC):
        for _ in range(2):
            task.apply(kwargs=arguments, headers={HEADER: alpha_committed}).get()

    assert len(mailbox.letters) == 1


def test_two_workers_send_one_mail(alpha_committed, mailbox):
    create_user("sam")
    ask_for_reset(email="sam@alpha.school")
    secret_id = OneTimeSecret.objects.get().pk

    outcomes = at_once(alpha_committed, [lambda: mailing.send_secret(secret_id=secret_id)] * 4)

    assert sorted(outcomes) == [False, False, False, True]
    assert len(mailbox.letters) == 1


def test_the_sweepers_are_what_beat_calls_and_work_on_the_platform_too(settings):
    for name in ("accounts.send_waiting_emails", "accounts.delete_expired"):
        assert current_app.tasks[name].on_platform
        assert name in str(settings.CELERY_BEAT_SCHEDULE)


def test_what_nobody_can_use_any_more_is_deleted(sam):
    start_login(user=sam)
    ask_for_reset(email=sam.email)

    assert mailing.delete_expired() == 0
    with time_machine.travel(timezone.now() + timedelta(days=32)):
        assert mailing.delete_expired() == 3

    for model in (OneTimeSecret, RefreshToken, TokenFamily):
        assert not model.objects.exists()
