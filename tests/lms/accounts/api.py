"""A client of the API on one host, as tests speak to it."""

from typing import Any

from django.test import Client


class Api:
    """`Api(token=…).post("auth/logout/", {…})`; paths without a leading slash are under v1."""

    def __init__(self, *, host: str = "alpha.test", token: str = "", **headers: str) -> None:
        self.client = Client()
        self.headers = {"host": host, **headers}
        if token:
            self.headers["authorization"] = f"Bearer {token}"

    def get(self, path: str) -> Any:
        return self.client.get(_full(path), headers=self.headers)

    def post(self, path: str, body: object = None) -> Any:
        return self._send("post", path, body)

    def patch(self, path: str, body: object) -> Any:
        return self._send("patch", path, body)

    def delete(self, path: str) -> Any:
        return self.client.delete(_full(path), headers=self.headers)

    def _send(self, method: str, path: str, body: object) -> Any:
        send = getattr(self.client, method)
        data = {} if body is None else body
        return send(_full(path), data, content_type="application/json", headers=self.headers)


def _full(path: str) -> str:
    return path if path.startswith("/") else f"/api/v1/{path}"
