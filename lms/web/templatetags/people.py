"""How a person without a picture looks. static/web/js/dom.js has the same two rules."""

import uuid

from django import template

register = template.Library()
HUES = 10


@register.filter
def initials(name: str) -> str:
    words = name.split()
    picked = [words[0], words[-1]] if len(words) > 1 else words
    return "".join(word[0].upper() for word in picked) or "?"


@register.filter
def hue(person_id: uuid.UUID | str) -> int:
    return sum(int(digit, 16) for digit in str(person_id) if digit != "-") % HUES


@register.filter
def is_local(url: str) -> bool:
    """The only pictures a page may load are our own (Content-Security-Policy)."""
    return url.startswith("/") and not url.startswith("//")
