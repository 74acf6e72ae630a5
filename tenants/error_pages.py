"""What a person's browser shows where a program gets JSON: no template, no tenant, no database,
so that it works whatever is broken."""

from http import HTTPStatus

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.utils.html import format_html

from tenants.logcontext import request_id_var

FOR_PROGRAMS = ("/api/", "/health/", "/metrics", "/asyncapi.json")
_PAGE = """<!doctype html>
<html lang="en">
<head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>{title}</title></head>
<body><main><h1>{title}</h1><p>{detail}</p>
<p><a href="/">Go to the start</a></p><p><small>{request_id}</small></p></main></body>
</html>
"""


def error_answer(request: HttpRequest, *, status: int, code: str, detail: str) -> HttpResponse:
    """A page for browsers outside the API, otherwise `{detail, code, status, request_id}`."""
    if _is_a_person(request):
        return HttpResponse(
            format_html(
                _PAGE,
                title=HTTPStatus(status).phrase,
                detail=detail,
                request_id=request_id_var.get(),
            ),
            status=status,
        )
    body = {"detail": detail, "code": code, "status": status, "request_id": request_id_var.get()}
    return JsonResponse(body, status=status)


def _is_a_person(request: HttpRequest) -> bool:
    accepts = "text/html" in request.headers.get("Accept", "")
    return accepts and not request.path_info.startswith(FOR_PROGRAMS)
