"""What people type into the pages. Rules live in the services; here is only shape and words."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django import forms

from lms.core.errors import InvalidField, LMSError, TooManyRequests
from lms.groups.models import Group
from lms.messaging.models import Conversation

MAX_PASSWORD = 1024


class Form(forms.Form):
    """Fields get our classes and say for screen readers what is wrong with them."""

    required_css_class = "is-required"

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        kwargs.setdefault("label_suffix", "")
        super().__init__(*args, **kwargs)
        for field in self.fields.values():
            if not isinstance(field.widget, forms.CheckboxInput | forms.HiddenInput):
                field.widget.attrs.setdefault("class", "input")


@contextmanager
def errors_into(form: forms.Form) -> Iterator[None]:
    """An expected failure becomes an error of the form; `form.errors` is empty after success."""
    try:
        yield
    except InvalidField as error:
        field = error.field if error.field in form.fields else None
        form.add_error(field, str(error))
    except TooManyRequests as error:
        seconds = round(error.extra["retry_after"]) + 1
        wait = f"{seconds} seconds" if seconds < 120 else f"{seconds // 60} minutes"
        form.add_error(None, f"Too many tries. Wait {wait}, then try again.")
    except LMSError as error:
        form.add_error(None, str(error))


def password_field(label: str, complete: str, **options: Any) -> forms.CharField:
    widget = forms.PasswordInput(attrs={"class": "input", "autocomplete": complete})
    return forms.CharField(
        label=label, max_length=MAX_PASSWORD, strip=False, widget=widget, **options
    )


def email_field() -> forms.EmailField:
    attrs = {"autocomplete": "username", "inputmode": "email", "spellcheck": "false"}
    return forms.EmailField(label="E-mail", max_length=254, widget=forms.EmailInput(attrs=attrs))


LENGTH_HINT = "At least 8 characters."


class LoginForm(Form):
    email = email_field()
    password = password_field("Password", "current-password")


class CodeForm(Form):
    code = forms.CharField(
        label="Code",
        max_length=20,
        widget=forms.TextInput(
            attrs={
                "class": "input code-input",
                "autocomplete": "one-time-code",
                "autocapitalize": "off",
                "spellcheck": "false",
            }
        ),
    )


class RegisterForm(Form):
    full_name = forms.CharField(
        label="Your name", max_length=255, widget=forms.TextInput(attrs={"autocomplete": "name"})
    )
    email = email_field()
    password = password_field("Password", "new-password", help_text=LENGTH_HINT)


class EmailForm(Form):
    email = email_field()


class NewPasswordForm(Form):
    token = forms.CharField(max_length=300, widget=forms.HiddenInput)
    new_password = password_field("New password", "new-password", help_text=LENGTH_HINT)


class TokenForm(Form):
    token = forms.CharField(max_length=300, widget=forms.HiddenInput)


class NameForm(Form):
    full_name = forms.CharField(
        label="Name", max_length=255, widget=forms.TextInput(attrs={"autocomplete": "name"})
    )


class PasswordForm(Form):
    current_password = password_field("Current password", "current-password")
    new_password = password_field("New password", "new-password", help_text=LENGTH_HINT)


class DisableMFAForm(Form):
    password = password_field("Password", "current-password")
    code = forms.CharField(
        label="Code",
        max_length=20,
        help_text="From your app, or a recovery code.",
        widget=forms.TextInput(attrs={"autocomplete": "one-time-code", "spellcheck": "false"}),
    )


class GroupForm(Form):
    name = forms.CharField(label="Name", max_length=255)
    description = forms.CharField(
        label="What is it for?",
        max_length=5000,
        required=False,
        widget=forms.Textarea(attrs={"rows": 3}),
    )
    join_policy = forms.ChoiceField(
        label="Who may join?",
        choices=[
            (Group.JoinPolicy.INVITE, "People who are added by a moderator"),
            (Group.JoinPolicy.OPEN, "Anybody at this school"),
        ],
    )


class ForumForm(Form):
    title = forms.CharField(label="Title", max_length=255)
    description = forms.CharField(
        label="What is it for?",
        max_length=5000,
        required=False,
        widget=forms.Textarea(attrs={"rows": 3}),
    )
    posting = forms.ChoiceField(
        label="Who writes?",
        choices=[
            (Conversation.Posting.EVERYONE, "Everybody who reads it"),
            (Conversation.Posting.MODERATORS, "Only moderators; everybody else reads"),
        ],
    )


class AnnouncementForm(Form):
    title = forms.CharField(label="Title", max_length=200)
    body = forms.CharField(
        label="Text", max_length=10_000, widget=forms.Textarea(attrs={"rows": 4})
    )
