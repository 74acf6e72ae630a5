"""How a person without a picture looks. static/web/js/dom.js has the same two rules."""

import uuid

from django import template

from lms.web import pages

register = template.Library()
HUES, PRIME = 10, 10_007


@register.filter
def initials(name: str) -> str:
    words = name.split()
    picked = [words[0], words[-1]] if len(words) > 1 else words
    return "".join(word[0].upper() for word in picked) or "?"


@register.filter
def hue(person_id: uuid.UUID | str) -> int:
    value = 0
    for digit in str(person_id).replace("-", ""):
        value = (value * 31 + int(digit, 16)) % PRIME
    return value % HUES


@register.filter
def is_local(url: str) -> bool:
    """The only pictures a page may load are our own (Content-Security-Policy)."""
    return pages.is_local(url)
