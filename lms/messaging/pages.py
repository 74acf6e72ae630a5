"""History over HTTP: cursor pages `{next, previous, results}`, newest first.

The cursor is the offset of a message, so a page stays where it is while messages come in.
"""

import uuid
from typing import Any

from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.utils.urls import remove_query_param, replace_query_param

from lms.accounts.models import User
from lms.messaging.selectors import history

MAX_PAGE = 100
MAX_OFFSET = 2**63 - 1


class PageQuerySerializer(serializers.Serializer[Any]):
    """Which page of a history."""

    before = serializers.IntegerField(
        required=False, min_value=0, max_value=MAX_OFFSET, help_text="Only older than this offset."
    )
    after = serializers.IntegerField(
        required=False, min_value=0, max_value=MAX_OFFSET, help_text="Only newer than this offset."
    )
    page_size = serializers.IntegerField(required=False, min_value=1, max_value=MAX_PAGE)

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        if "before" in attrs and "after" in attrs:
            raise serializers.ValidationError("Give before or after, not both.")
        return attrs


def history_page(
    user: User, request: Request, conversation_id: uuid.UUID, query: dict[str, Any]
) -> dict[str, Any]:
    """`next` leads to older messages, `previous` to newer ones. Raises NotFound."""
    before, after = query.get("before"), query.get("after")
    size = query.get("page_size", 50)
    # One more than shown, to know whether there is a next page.
    found = history(
        user=user,
        conversation_id=conversation_id,
        before=before,
        after=after,
        limit=size + 1,
    )
    more = len(found) > size
    results = (found[1:] if after is not None else found[:-1]) if more else found
    has_older = more if after is None else after > 0
    has_newer = before is not None if after is None else more
    first, last = _bounds(results, before, after)
    return {
        "next": _link(request, before=last) if has_older else None,
        "previous": _link(request, after=first) if has_newer else None,
        "results": results,
    }


def _bounds(
    results: list[dict[str, Any]], before: int | None, after: int | None
) -> tuple[int, int]:
    """(newest, oldest) offset of the page; an empty one lies where it was asked for."""
    if results:
        return results[0]["offset"], results[-1]["offset"]
    return max(0, (before or 0) - 1), (after or 0) + 1


def _link(request: Request, **cursor: int) -> str:
    url = request.build_absolute_uri()
    for name in ("before", "after"):
        url = remove_query_param(url, name)
    for name, offset in cursor.items():
        url = replace_query_param(url, name, offset)
    return url
