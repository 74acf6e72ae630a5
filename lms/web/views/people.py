"""Finding somebody to talk with."""

import uuid

from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect
from django.views.decorators.http import require_GET, require_POST

from lms.messaging.services.conversations import find_or_create_direct
from lms.web.pages import page, person_of, render_page
from lms.web.selectors import people_to_meet

PAGE = 50


@page
@require_GET
def people(request: HttpRequest) -> HttpResponse:
    search = request.GET.get("q", "").strip()[:100]
    found = people_to_meet(person_of(request), search)
    context = {"people": Paginator(found, PAGE).get_page(request.GET.get("page")), "q": search}
    return render_page(request, "web/people.html", context)


@page
@require_POST
def message(request: HttpRequest, user_id: uuid.UUID) -> HttpResponseBase:
    conversation = find_or_create_direct(actor=person_of(request), recipient_id=user_id)
    return redirect(f"/c/{conversation.pk}/")
