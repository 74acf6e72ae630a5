"""A person's name in its two forms: whole, and first and last. Writing either keeps both."""

from collections.abc import Mapping
from typing import Any

NAME_FIELDS = ("full_name", "first_name", "last_name")


def names_in_step(changes: Mapping[str, Any], *, first: str = "", last: str = "") -> dict[str, str]:
    """The three name fields after `changes`; nothing where no name is changed.

    `first` and `last` are what they were. Parts win over a whole that comes with them; a whole
    alone is split at its last space.
    """
    given = {name: str(changes[name]).strip() for name in NAME_FIELDS if name in changes}
    if "first_name" in given or "last_name" in given:
        first = given.get("first_name", first)
        last = given.get("last_name", last)
        full = given.get("full_name") or f"{first} {last}".strip()
    elif "full_name" in given:
        full = given["full_name"]
        first, _, last = full.rpartition(" ")
        first, last = (first, last) if first else (last, "")
    else:
        return {}
    return {"full_name": full[:255], "first_name": first[:150], "last_name": last[:150]}
