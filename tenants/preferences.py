"""What a tenant may set for itself. Known keys have types and bounds; `features` is free but
bounded, so that clients can keep switches of their own there."""

import re
from collections.abc import Callable, Mapping
from typing import Any

from tenants.errors import InvalidSettings

MAX_FEATURES = 100
MAX_NAME = 64
MAX_TEXT = 500
MAX_DEPTH = 3
MAX_NUMBER = 10**15

Check = Callable[[str, Any], None]


def check_changes(changes: Mapping[str, Any]) -> None:
    """Raises InvalidSettings for the first unknown or ill-typed key. None removes a key."""
    for key, value in changes.items():
        check = KNOWN.get(key)
        if check is None:
            raise InvalidSettings(key, f"unknown; write one of {', '.join(sorted(KNOWN))}")
        if value is not None:
            check(key, value)


def check_size(settings: Mapping[str, Any]) -> None:
    """What the changes add up to is bounded too."""
    if _count(settings.get("features", {})) > MAX_FEATURES:
        raise InvalidSettings("features", f"keep at most {MAX_FEATURES} in all")


def _boolean(name: str, value: Any) -> None:
    if not isinstance(value, bool):
        raise InvalidSettings(name, "write true or false")


def _features(name: str, value: Any, depth: int = 1) -> None:
    if not isinstance(value, dict):
        raise InvalidSettings(name, "write an object")
    if depth > MAX_DEPTH:
        raise InvalidSettings(name, f"nest at most {MAX_DEPTH} levels")
    for key, inner in value.items():
        _feature(f"{name}.{key}", key, inner, depth)


def _feature(name: str, key: str, value: Any, depth: int) -> None:
    if not 0 < len(key) <= MAX_NAME or not _storable(key):
        raise InvalidSettings("features", f"a name has 1 to {MAX_NAME} characters")
    if isinstance(value, dict):
        _features(name, value, depth + 1)
    elif isinstance(value, str):
        if len(value) > MAX_TEXT or not _storable(value):
            raise InvalidSettings(name, f"a text has at most {MAX_TEXT} characters")
    elif isinstance(value, int | float):
        # Not a number (NaN) is smaller than nothing, and refused here too.
        if not -MAX_NUMBER < value < MAX_NUMBER:
            raise InvalidSettings(name, "write a smaller number")
    elif isinstance(value, list):
        raise InvalidSettings(name, "write an object, a text, a number, true or false")


def _storable(text: str) -> bool:
    """Null characters and lone surrogates have no place in PostgreSQL."""
    return "\x00" not in text and not any("\ud800" <= char <= "\udfff" for char in text)


def _count(features: Mapping[str, Any]) -> int:
    return sum(1 + (_count(inner) if isinstance(inner, dict) else 0) for inner in features.values())


def _choice(*choices: str) -> Check:
    def check(name: str, value: Any) -> None:
        if value not in choices:
            raise InvalidSettings(name, f"write one of {', '.join(choices)}")

    return check


def _currency(name: str, value: Any) -> None:
    if not isinstance(value, str) or not re.fullmatch("[A-Z]{3}", value):
        raise InvalidSettings(name, "write an ISO 4217 code such as USD")


def _accounts(name: str, value: Any) -> None:
    if not isinstance(value, dict):
        raise InvalidSettings(name, "write an object")
    for key, inner in value.items():
        if key not in ACCOUNTS:
            raise InvalidSettings(name, f"write {' and '.join(ACCOUNTS)}")
        if inner is not None:
            _boolean(f"{name}.{key}", inner)


ACCOUNTS = ("open_registration", "confirm_email")
# What each means is said where it is read: the domains' policy modules.
KNOWN: dict[str, Check] = {
    "accounts": _accounts,
    "currency": _currency,
    "direct_messages": _choice("everyone", "with_staff", "staff"),
    "enforce_payment": _boolean,
    "group_creation": _choice("everyone", "staff"),
    "features": _features,
}
