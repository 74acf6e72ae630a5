"""One's own account: name, password, two-step sign-in."""

import base64
import uuid
from typing import Any

from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect
from django.utils.http import urlencode
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_GET, require_POST
from django_htmx.http import reselect, retarget

from lms.accounts.middleware import FAMILY_KEY
from lms.accounts.services.mfa import confirm_mfa, disable_mfa, start_mfa
from lms.accounts.services.passwords import change_password
from lms.accounts.services.profile import update_profile
from lms.web.forms import CodeForm, DisableMFAForm, NameForm, PasswordForm, errors_into
from lms.web.pages import page, person_of, render_page


@page
@require_GET
def profile(request: HttpRequest) -> HttpResponse:
    return _render(request, {})


@page
@require_POST
def name(request: HttpRequest) -> HttpResponseBase:
    form = NameForm(request.POST)
    if form.is_valid():
        with errors_into(form):
            update_profile(user=person_of(request), changes=form.cleaned_data)
            return _done("name")
    return _render(request, {"name_form": form})


@page
@require_POST
@sensitive_post_parameters("current_password", "new_password")
def password(request: HttpRequest) -> HttpResponseBase:
    form = PasswordForm(request.POST)
    if form.is_valid():
        with errors_into(form):
            change_password(user=person_of(request), keep=_family(request), **form.cleaned_data)
            return _done("password")
    return _render(request, {"password_form": form})


@page
@require_POST
def mfa_start(request: HttpRequest) -> HttpResponseBase:
    """Shows the new secret once; it is not kept where this page could read it again."""
    setup = start_mfa(user=person_of(request))
    context = {"setup": setup, "qr": picture_url(setup.qr_svg), "form": CodeForm()}
    return render_page(request, "web/mfa_setup.html", context)


@page
@require_POST
@sensitive_post_parameters("code")
def mfa_confirm(request: HttpRequest) -> HttpResponseBase:
    form = CodeForm(request.POST)
    if form.is_valid():
        with errors_into(form):
            codes = confirm_mfa(
                user=person_of(request), code=form.cleaned_data["code"], keep=_family(request)
            )
            return render_page(request, "web/mfa_codes.html", {"codes": codes})
    context = {"setup": None, "form": form}
    response = render_page(request, "web/mfa_setup.html", context, status=400)
    # The form alone is swapped, so the picture stays on the screen.
    return reselect(retarget(response, "#mfa-confirm"), "#mfa-confirm")


@page
@require_POST
@sensitive_post_parameters("password", "code")
def mfa_disable(request: HttpRequest) -> HttpResponseBase:
    form = DisableMFAForm(request.POST)
    if form.is_valid():
        with errors_into(form):
            disable_mfa(user=person_of(request), keep=_family(request), **form.cleaned_data)
            return _done("mfa-off")
    return _render(request, {"disable_form": form})


def picture_url(svg: str) -> str:
    """An SVG for an <img>: as a picture it can do nothing, and it needs its namespace."""
    if "xmlns=" not in svg:
        svg = svg.replace("<svg", '<svg xmlns="http://www.w3.org/2000/svg"', 1)
    return f"data:image/svg+xml;base64,{base64.b64encode(svg.encode()).decode()}"


def _family(request: HttpRequest) -> uuid.UUID:
    """The login that stays when the others end."""
    return uuid.UUID(request.session[FAMILY_KEY])


def _done(what: str) -> HttpResponse:
    return redirect(f"/profile/?{urlencode({'done': what})}")


def _render(request: HttpRequest, forms: dict[str, Any]) -> HttpResponse:
    user = person_of(request)
    context = {
        "name_form": NameForm(initial={"full_name": user.full_name}),
        "password_form": PasswordForm(),
        "disable_form": DisableMFAForm(),
        "done": request.GET.get("done", ""),
        **forms,
    }
    return render_page(request, "web/profile.html", context, status=400 if forms else 200)
