"""Slugs of courses and categories. Ids and slugs share URL space, so no slug looks like an id."""

import re
import secrets
from collections.abc import Iterator

from django.utils.text import slugify

from lms.core.ids import parse_uuid

SLUG = re.compile(r"^[a-z0-9][a-z0-9_-]{0,254}$")
# Names that URLs use where a course's slug could stand.
RESERVED = frozenset({"categories", "course", "courses", "my", "my-courses"})
ROOM_FOR_SUFFIX = 20


def course_slugs(title: str) -> Iterator[str]:
    """Slugs to try, the best first; the last one is as good as unique."""
    base = slugify(title)[: 255 - ROOM_FOR_SUFFIX].strip("-_") or "untitled"
    if base.isdigit() or base in RESERVED or parse_uuid(base):
        base = f"course-{base}"
    yield base
    for number in range(2, 6):
        yield f"{base}-{number}"
    yield f"{base}-{secrets.token_hex(6)}"


def category_slug(name: str) -> str:
    """May be all digits: it is the key under which an existing client knows the category."""
    return slugify(name)[:100].strip("-_")
