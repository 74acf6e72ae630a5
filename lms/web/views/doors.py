"""Signing in and out, and what people do who cannot sign in yet."""

from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.templatetags.static import static
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST

from lms.accounts.errors import ChallengeInvalid
from lms.accounts.links import own_host
from lms.accounts.models import User
from lms.accounts.policy import tenant_policy
from lms.accounts.services.challenges import complete_challenge, mail_code, start_challenge
from lms.accounts.services.login import check_credentials
from lms.accounts.services.passwords import (
    ask_for_confirmation,
    ask_for_reset,
    reset_password,
)
from lms.accounts.services.profile import confirm_email
from lms.accounts.services.registration import register
from lms.accounts.services.web_login import end_web_session, start_web_session
from lms.core.errors import LMSError
from lms.web.forms import (
    CodeForm,
    EmailForm,
    LoginForm,
    NewPasswordForm,
    RegisterForm,
    TokenForm,
    errors_into,
)
from lms.web.pages import safe_next
from tenants.resolution import normal_host

CHALLENGE_KEY = "mfa_challenge"
door = require_http_methods(["GET", "HEAD", "POST"])


@never_cache
@door
@sensitive_post_parameters("password")
def login(request: HttpRequest) -> HttpResponseBase:
    if request.method != "POST":
        if request.user.is_authenticated:
            return redirect(safe_next(request))
        return _show(request, "login", LoginForm(), next=safe_next(request))
    form = LoginForm(request.POST)
    if _belongs_elsewhere(request):
        return _show(request, "login", form, next=safe_next(request), elsewhere=_own_page(request))
    if form.is_valid():
        with errors_into(form):
            user = check_credentials(**form.cleaned_data)
            return _first_factor_passed(request, user)
    return _show(request, "login", form, next=safe_next(request))


def _first_factor_passed(request: HttpRequest, user: User) -> HttpResponse:
    if not user.mfa_enabled:
        start_web_session(request, user)
        return redirect(safe_next(request))
    request.session[CHALLENGE_KEY] = start_challenge(user=user).token
    request.session["next"] = safe_next(request)
    return redirect("/login/mfa/")


def _belongs_elsewhere(request: HttpRequest) -> bool:
    """On the shared host a page's cookie can only be the default school's: every later request
    comes with the cookie alone. People of other schools sign in at their own host."""
    if normal_host(request.get_host()) not in settings.SHARED_HOSTS:
        return False
    return bool(request.tenant.slug != settings.DEFAULT_TENANT)  # type: ignore[attr-defined]  # by TenantMiddleware


def _own_page(request: HttpRequest) -> dict[str, str]:
    port = request.get_port()
    usual = port == ("443" if request.is_secure() else "80")
    host = own_host() if usual else f"{own_host()}:{port}"
    name = request.tenant.name  # type: ignore[attr-defined]  # by TenantMiddleware
    return {"name": name, "host": host, "url": f"{request.scheme}://{host}/login/"}


@never_cache
@door
@sensitive_post_parameters("code")
def login_mfa(request: HttpRequest) -> HttpResponseBase:
    token = request.session.get(CHALLENGE_KEY)
    if token is None:
        return redirect("/login/")
    if request.method != "POST":
        return _show(request, "mfa", CodeForm())
    if "mail" in request.POST:
        return _mail_code(request, token)
    form = CodeForm(request.POST)
    if form.is_valid():
        with errors_into(form):
            return _answer(request, token, form.cleaned_data["code"])
    return _show(request, "mfa", form)


def _answer(request: HttpRequest, token: str, code: str) -> HttpResponse:
    try:
        user = complete_challenge(challenge_token=token, code=code)
    except ChallengeInvalid:
        return _start_again(request)
    wanted = request.session.get("next", "/")
    start_web_session(request, user)
    return redirect(wanted)


def _mail_code(request: HttpRequest, token: str) -> HttpResponse:
    form = CodeForm()
    try:
        mail_code(challenge_token=token)
    except ChallengeInvalid:
        return _start_again(request)
    except LMSError as error:
        return _show(request, "mfa", form, problem=str(error))
    return _show(request, "mfa", form, mailed=True)


def _start_again(request: HttpRequest) -> HttpResponse:
    request.session.flush()
    return redirect("/login/?expired=1")


@require_POST
def logout(request: HttpRequest) -> HttpResponse:
    end_web_session(request)
    return redirect("/login/?bye=1")


@never_cache
@door
@sensitive_post_parameters("password")
def register_page(request: HttpRequest) -> HttpResponseBase:
    if not tenant_policy().open_registration:
        return _show(request, "register_closed", None)
    form = RegisterForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        fields = dict(form.cleaned_data)
        email, password = fields.pop("email"), fields.pop("password")
        with errors_into(form):
            tokens = register(email=email, password=password, profile=fields)
            if tokens is None:
                return _show(request, "check_mail", None, what="confirm your address")
            start_web_session(request, tokens.user)
            return redirect("/")
    return _show(request, "register", form)


@never_cache
@door
def forgot_password(request: HttpRequest) -> HttpResponseBase:
    form = EmailForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        with errors_into(form):
            ask_for_reset(email=form.cleaned_data["email"])
            return _show(request, "check_mail", None, what="choose a new password")
    return _show(request, "forgot_password", form)


@never_cache
@door
@sensitive_post_parameters("new_password", "token")
def reset_password_page(request: HttpRequest) -> HttpResponseBase:
    if request.method != "POST":
        return _show(request, "reset_password", NewPasswordForm(initial=_token(request)))
    form = NewPasswordForm(request.POST)
    if form.is_valid():
        with errors_into(form):
            reset_password(**form.cleaned_data)
            return redirect("/login/?reset=1")
    return _show(request, "reset_password", form)


@never_cache
@door
def confirm_email_page(request: HttpRequest) -> HttpResponseBase:
    """The link in the mail leads to a button: mail scanners follow links, they press nothing."""
    if request.method != "POST":
        initial = _token(request)
        form = TokenForm(initial=initial) if initial["token"] else EmailForm()
        return _show(request, "confirm_email", form)
    if "email" in request.POST:
        return _send_confirmation(request)
    form = TokenForm(request.POST)
    if form.is_valid():
        with errors_into(form):
            confirm_email(token=form.cleaned_data["token"])
            return redirect("/login/?confirmed=1")
    return _show(request, "confirm_email", form)


def _send_confirmation(request: HttpRequest) -> HttpResponse:
    form = EmailForm(request.POST)
    if form.is_valid():
        with errors_into(form):
            ask_for_confirmation(email=form.cleaned_data["email"])
            return _show(request, "check_mail", None, what="confirm your address")
    return _show(request, "confirm_email", form)


def _token(request: HttpRequest) -> dict[str, str]:
    return {"token": request.GET.get("token", "")}


def favicon(request: HttpRequest) -> HttpResponse:
    return redirect(static("web/img/icon.svg"))


def _show(request: HttpRequest, name: str, form: object, **context: object) -> HttpResponse:
    failed = getattr(form, "is_bound", False) and bool(getattr(form, "errors", False))
    context = {
        "form": form,
        "school": request.tenant.name,  # type: ignore[attr-defined]  # by TenantMiddleware
        "open_registration": tenant_policy().open_registration,
        **context,
    }
    response = render(request, f"web/doors/{name}.html", context, status=400 if failed else 200)
    # The address may hold a token. Not "no-referrer": forms would then come without an Origin.
    response["Referrer-Policy"] = "strict-origin"
    return response
