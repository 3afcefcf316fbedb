"""Turning notifications on and off for one browser, and what an open page may show by itself."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpResponse, HttpResponseBase, JsonResponse
from django.shortcuts import get_object_or_404, redirect
from django.views.decorators.http import require_POST, require_safe

from messaging.inbox.frame import InboxRequest, inbox_view
from messaging.push import devices, keys
from messaging.push.agents import device_name
from messaging.push.outgoing import send_trial
from messaging.push.recent import recent_notices
from messaging.push.sending import Answer

OFF = "Notifications are switched off on this platform. Its admins can set them up."


@require_POST
@inbox_view
def add(request: InboxRequest) -> HttpResponseBase:
    """Keep this browser's subscription."""
    if keys.signing_key() is None:
        return JsonResponse({"error": OFF}, status=422)
    device = devices.Device(
        endpoint=request.POST.get("endpoint", ""),
        p256dh=request.POST.get("p256dh", ""),
        auth=request.POST.get("auth", ""),
        user_agent=request.headers.get("User-Agent", ""),
    )
    try:
        row = devices.subscribe(request.user, device)
    except devices.DeviceRefused as refusal:
        return JsonResponse({"error": str(refusal)}, status=422)
    return JsonResponse({"id": row.pk}, status=201)


@require_POST
@inbox_view
def check(request: InboxRequest) -> HttpResponseBase:
    """Tell whether this browser's subscription is the person's own: it may be a colleague's."""
    own = devices.recognise(request.user, request.POST.get("endpoint", ""))
    return JsonResponse({"id": own.pk if own else None, "key": keys.public_key()})


@require_POST
@inbox_view
def forget(request: InboxRequest) -> HttpResponseBase:
    """Drop this browser's subscription, before a sign-out for example."""
    devices.by_endpoint(request.user, request.POST.get("endpoint", "")).delete()
    return HttpResponse(status=204)


@require_POST
@inbox_view
def remove(request: InboxRequest, device_id: int) -> HttpResponseBase:
    """Drop one of the person's devices, such as a phone that was lost."""
    device = get_object_or_404(devices.of(request.user), pk=device_id)
    device.delete()
    messages.success(request, f"{device_name(device.user_agent)} gets no notifications any more.")
    return redirect("inbox:me")


@require_POST
@inbox_view
def trial(request: InboxRequest, device_id: int) -> HttpResponseBase:
    """Send a test notification to one of the person's devices."""
    device = get_object_or_404(devices.of(request.user), pk=device_id)
    name = device_name(device.user_agent)
    match send_trial(device, request.tenant):
        case Answer.TAKEN:
            messages.success(request, f"Sent to {name}. It should show within seconds.")
        case Answer.GONE:
            messages.error(
                request, f"{name} no longer takes notifications. Turn them on there again."
            )
        case Answer.FAILED:
            messages.error(
                request, f"The push service of {name} did not answer as it should. Try again later."
            )
        case None:
            messages.error(request, OFF)
    return redirect("inbox:me")


@require_safe
@inbox_view
def news(request: InboxRequest) -> HttpResponseBase:
    """Give the notices of the last minutes to an open page in the background."""
    return JsonResponse({"notices": recent_notices(request.user, request.tenant)})
