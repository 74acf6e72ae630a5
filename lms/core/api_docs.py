"""`/api/schema/` and the two pages that show it. Everything they load is served by us."""

from functools import lru_cache
from typing import Any

from csp.constants import SELF, UNSAFE_INLINE
from csp.decorators import csp_update
from django.utils.decorators import method_decorator
from drf_spectacular.generators import SchemaGenerator
from drf_spectacular.views import (
    SpectacularAPIView,
    SpectacularRedocView,
    SpectacularSwaggerSplitView,
)
from rest_framework.request import Request
from rest_framework.response import Response


@lru_cache(maxsize=1)
def api_document() -> dict[str, Any]:
    """The document of `/api/v1/`. Made once in each process: the code does not change in it."""
    generator = SchemaGenerator()  # type: ignore[no-untyped-call]  # it ships half its types
    document: dict[str, Any] = generator.get_schema(  # type: ignore[no-untyped-call]  # as above
        request=None, public=True
    )
    return document


class SchemaView(SpectacularAPIView):
    """YAML, or JSON for `Accept: application/json` and `?format=json`."""

    throttle_classes = ()

    def get(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        return Response(api_document())


class SwaggerView(SpectacularSwaggerSplitView):
    template_name = "api_docs/swagger_ui.html"
    throttle_classes = ()


# Redoc writes its styles into the page and searches in a worker that it makes itself.
@method_decorator(
    csp_update({"style-src": [SELF, UNSAFE_INLINE], "worker-src": [SELF, "blob:"]}),
    name="dispatch",
)
class RedocView(SpectacularRedocView):
    template_name = "api_docs/redoc.html"
    throttle_classes = ()
