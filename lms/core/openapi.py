"""Hooks of the OpenAPI document: one description for each resource, and where it is mounted."""

from typing import Any

V1 = "/api/v1/"


def only_v1(endpoints: list[Any], **_: Any) -> list[Any]:
    """The same views hang under three prefixes; the document describes the one of v1."""
    return [endpoint for endpoint in endpoints if endpoint[0].startswith(V1)]


def list_mounts(result: dict[str, Any], **_: Any) -> dict[str, Any]:
    """Each operation says at which other paths it answers as well."""
    for path, operations in result["paths"].items():
        resource = path.removeprefix(V1)
        for operation in operations.values():
            if isinstance(operation, dict):
                operation["x-mounts"] = [path, f"/api/{resource}", f"/api/lms/<app>/{resource}"]
    return result
