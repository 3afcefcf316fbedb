"""The media endpoint."""

from __future__ import annotations

from providers.simulator.behaviour import Behaviour
from providers.simulator.events import timestamp
from providers.simulator.signin import SignIn
from providers.simulator.store import Store, StoredMedia
from providers.simulator.web import Request, Response, as_json, error

SIZE_LIMIT = 3_750_000


class Media:
    """`/api/v2/users/{account}/media`."""

    def __init__(
        self, *, store: Store, sign_in: SignIn, behaviour: Behaviour, page_size: int
    ) -> None:
        self._store = store
        self._sign_in = sign_in
        self._behaviour = behaviour
        self._page_size = page_size

    def put_view(self, request: Request, account_id: str, name: str) -> Response:
        """Store a file."""
        self._sign_in.account_of(request, account_id)
        planned = self._behaviour.planned_failure("media")
        if planned is not None:
            return planned
        if len(request.body) > SIZE_LIMIT:
            return error(413, "request-entity-too-large", "The file is too large.")
        kind = request.headers.get("content-type", "application/octet-stream")
        media = StoredMedia(content=request.body, content_type=kind)
        self._store.put_media(account_id, name, media)
        return Response(status=204)

    def get_view(self, request: Request, account_id: str, name: str) -> Response:
        """Return a file to its owner."""
        self._sign_in.account_of(request, account_id)
        planned = self._behaviour.planned_failure("media")
        if planned is not None:
            return planned
        media = self._store.media.get((account_id, name))
        if media is None:
            return _missing(request)
        return Response(body=media.content, content_type=media.content_type)

    def delete_view(self, request: Request, account_id: str, name: str) -> Response:
        """Forget a file."""
        self._sign_in.account_of(request, account_id)
        with self._store.lock:
            found = self._store.media.pop((account_id, name), None)
        return _missing(request) if found is None else Response(status=204)

    def list_view(self, request: Request, account_id: str) -> Response:
        """List files a page at a time; the token for the next page is a header both ways."""
        self._sign_in.account_of(request, account_id)
        token = request.headers.get("continuation-token", "0")
        start = int(token) if token.isdigit() else 0
        files = self._store.media_of(account_id)
        following = start + self._page_size
        root = f"{request.base_url}/api/v2/users/{account_id}/media"
        page = [
            {"content": f"{root}/{name}", "contentLength": len(file.content), "mediaName": name}
            for name, file in files[start:following]
        ]
        if following < len(files):
            return as_json(page, Continuation_Token=str(following))
        return as_json(page)


def _missing(request: Request) -> Response:
    """Answer 404 in the other shape Bandwidth uses for it."""
    return as_json(
        {
            "timestamp": timestamp(),
            "status": 404,
            "error": "Not Found",
            "message": "",
            "path": request.path,
        },
        status=404,
    )
