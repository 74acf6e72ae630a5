"""What the doors share."""

import uuid
from typing import Any

from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.serializers import Serializer
from rest_framework.views import APIView

from lms.accounts.identity import Identity
from lms.accounts.middleware import FAMILY_KEY


class OpenView(APIView):
    # For people who are not signed in. It sets no cookie, so there is nothing to forge. (A
    # docstring would be shown with every endpoint in the OpenAPI document.)
    authentication_classes = ()
    permission_classes = (AllowAny,)


def valid(serializer: type[Serializer[Any]], data: Any, **options: Any) -> dict[str, Any]:
    """The request's fields as the serializer reads them. Raises its field errors."""
    reader = serializer(data=data, **options)
    reader.is_valid(raise_exception=True)
    return dict(reader.validated_data)


def current_family_id(request: Request) -> uuid.UUID:
    """The login this request belongs to: of its token, or of the page's session."""
    if isinstance(request.auth, Identity):
        return request.auth.family_id
    return uuid.UUID(request._request.session[FAMILY_KEY])
