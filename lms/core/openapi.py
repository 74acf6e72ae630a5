"""Hooks of the OpenAPI document: one description for each resource, and where it is mounted."""

from collections import defaultdict
from typing import Any

V1 = "/api/v1/"

# Path of v1 -> every path of the same view. Filled by the first hook, read by the second of the
# same generation; what it holds depends on the code alone.
_mounts: dict[str, list[str]] = {}


def only_v1(endpoints: list[Any], **_: Any) -> list[Any]:
    """The same views hang under three prefixes; the document describes the one of v1.

    The mounts share the view function itself, which is how its other paths are known.
    """
    paths: dict[int, set[str]] = defaultdict(set)
    for path, _regex, _method, callback in endpoints:
        paths[id(callback)].add(path)
    described = [endpoint for endpoint in endpoints if endpoint[0].startswith(V1)]
    _mounts.clear()
    for path, _regex, _method, callback in described:
        _mounts[path] = sorted(paths[id(callback)], key=lambda other: (other != path, other))
    return described


def list_mounts(result: dict[str, Any], **_: Any) -> dict[str, Any]:
    """Each operation says at which paths it answers, its own first."""
    for path, operations in result["paths"].items():
        for operation in operations.values():
            if isinstance(operation, dict):
                operation["x-mounts"] = _mounts.get(path, [path])
    return result
