"""A store of files that answers inside this process, in place of the network."""

from __future__ import annotations

from io import BytesIO
from typing import Any

from botocore.awsrequest import AWSResponse

ENDPOINT = "https://minio.example.com"
BUCKET = "media-of-acme"


class Raw(BytesIO):
    """Body of an answer, as botocore reads one."""

    def stream(self, *args: Any, **kwargs: Any) -> Any:
        yield self.read()


class Bucket:
    """Just enough of S3: objects by address, and trouble on demand."""

    def __init__(self) -> None:
        self.objects: dict[str, bytes] = {}
        self.requests: list[Any] = []
        self.is_down = False

    def answer(self, request: Any, **kwargs: Any) -> AWSResponse:
        self.requests.append(request)
        key = request.url.partition("?")[0].removeprefix(f"{ENDPOINT}/{BUCKET}/")
        status, body = self._answer(request, key)
        headers = {"Content-Length": str(len(body)), "Content-Type": "binary/octet-stream"}
        return AWSResponse(
            request.url, status, headers, Raw(b"" if request.method == "HEAD" else body)
        )

    def _answer(self, request: Any, key: str) -> tuple[int, bytes]:
        if self.is_down:
            return 503, b""
        if request.method == "PUT":
            body = request.body
            self.objects[key] = body if isinstance(body, bytes) else body.read()
            return 200, b""
        if request.method == "DELETE":
            self.objects.pop(key, None)
            return 204, b""
        return (200, self.objects[key]) if key in self.objects else (404, b"")
