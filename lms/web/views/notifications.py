"""The inbox: what happened, newest first."""

import uuid

from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse, HttpResponseBase, JsonResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_GET, require_POST

from lms.notifications.selectors import notifications_of, unread_of
from lms.notifications.services import mark_all_read, mark_read
from lms.web.pages import is_local, page, person_of, render_page

PAGE = 30


@page
@require_GET
def notifications(request: HttpRequest) -> HttpResponse:
    user = person_of(request)
    shown = Paginator(notifications_of(user), PAGE).get_page(request.GET.get("page"))
    context = {"notifications": shown, "unread": unread_of(user).count()}
    return render_page(request, "web/notifications.html", context)


@page
@require_GET
def unread(request: HttpRequest) -> HttpResponse:
    return JsonResponse({"unread": unread_of(person_of(request)).count()})


@page
@require_POST
def read(request: HttpRequest, notification_id: uuid.UUID) -> HttpResponseBase:
    """From its title one goes on to what it is about."""
    notification = mark_read(user=person_of(request), notification_id=notification_id)
    goes_on = "open" in request.POST and is_local(notification.link)
    return redirect(notification.link if goes_on else "/notifications/")


@page
@require_POST
def read_all(request: HttpRequest) -> HttpResponseBase:
    mark_all_read(user=person_of(request))
    return redirect("/notifications/")
