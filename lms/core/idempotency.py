"""Idempotency-Key: the same key and body get the stored answer, another body a 409.

The key's row is inserted in the transaction of the effect, so a second request with the same
key waits for the first to commit and then reads its answer; if the first fails, its key goes
with it and the second does the work.
"""

import hashlib
import json
import uuid
from collections.abc import Callable
from functools import wraps
from typing import Any

from django.contrib.auth.base_user import AbstractBaseUser
from django.db import transaction
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.utils.encoders import JSONEncoder

from lms.core.errors import BadRequest, Conflict
from lms.core.models import IdempotencyKey

MAX_KEY = 200
View = Callable[..., Response]


class IdempotencyMismatch(Conflict):
    code = "idempotency_mismatch"
    message = "This Idempotency-Key was used for another request."


def idempotent(view: View) -> View:
    """Wrap a POST method of an APIView. Without the header, or a person whose key it would be,
    it changes nothing."""

    @wraps(view)
    def wrapped(self: Any, request: Request, *args: Any, **kwargs: Any) -> Response:
        key = request.headers.get("Idempotency-Key", "")
        user = request.user
        if not key or not isinstance(user, AbstractBaseUser):
            return view(self, request, *args, **kwargs)
        if len(key) > MAX_KEY:
            raise BadRequest("Idempotency-Key is longer than 200 characters.")
        with transaction.atomic():
            return _once(request, user.pk, key, lambda: view(self, request, *args, **kwargs))

    return wrapped


def _once(request: Request, user_id: uuid.UUID, key: str, work: Callable[[], Response]) -> Response:
    digest = _hash(request)
    place = {"user_id": user_id, "route": request.path[:200], "key": key}
    row = IdempotencyKey(request_hash=digest, **place)
    IdempotencyKey.objects.bulk_create([row], ignore_conflicts=True)
    stored = IdempotencyKey.objects.get(**place)
    if stored.request_hash != digest:
        raise IdempotencyMismatch
    if stored.status is not None:
        return Response(stored.body, status=stored.status, headers={"Idempotent-Replay": "true"})
    response = work()
    stored.status = response.status_code
    stored.body = json.loads(json.dumps(response.data, cls=JSONEncoder))
    stored.save(update_fields=["status", "body"])
    return response


def _hash(request: Request) -> str:
    body = json.dumps(request.data, sort_keys=True, cls=JSONEncoder, default=str)
    return hashlib.sha256(f"{request.method} {body}".encode()).hexdigest()
