"""The webhook's view: HTTP in, HTTP out."""

from __future__ import annotations

from django.conf import settings
from django.core.exceptions import RequestDataTooBig
from django.http import HttpRequest, HttpResponse
from django.http.request import UnreadablePostError
from django.views.decorators.csrf import csrf_exempt

from providers import intake
from providers.intake import Answer


@csrf_exempt
def receive_view(request: HttpRequest, provider: str, token: str | None = None) -> HttpResponse:
    """Take in a carrier's request. The carrier signs in by Basic, never by session."""
    try:
        answer = _answer(request, provider, token)
    except UnreadablePostError:
        answer = Answer(status=400, detail="The body ended early.")
    return HttpResponse(
        answer.body,
        status=answer.status,
        content_type="application/json",
        headers=dict(answer.headers),
    )


def _answer(request: HttpRequest, provider: str, token: str | None) -> Answer:
    headers = {name.lower(): value for name, value in request.headers.items()}
    try:
        body = _body(request) if request.method == "POST" else b""
    except RequestDataTooBig:
        return intake.too_large()
    return intake.receive(provider, token, method=request.method or "", headers=headers, body=body)


def _body(request: HttpRequest) -> bytes:
    limit: int = settings.WEBHOOK_BODY_LIMIT
    if "chunked" in request.headers.get("Transfer-Encoding", "").lower():
        # Django reads as much as Content-Length says, which is nothing here.
        body: bytes = request.META["wsgi.input"].read(limit + 1)
    else:
        length = request.META.get("CONTENT_LENGTH") or "0"
        if length.isdecimal() and int(length) > limit:
            raise RequestDataTooBig
        body = request.body
    if len(body) > limit:
        raise RequestDataTooBig
    return body
