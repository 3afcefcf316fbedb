"""The buttons of a broadcast: start, send later, pause, go on, cancel, try the failed again."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django import forms
from django.contrib import messages
from django.http import Http404, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils import timezone
from unfold.decorators import action
from unfold.forms import BaseDialogForm

from messaging.admin.base import ScreenRequest
from messaging.admin.broadcast_form import clock_input
from messaging.broadcasts import results, states
from messaging.broadcasts.again import copy_failed
from messaging.models import Broadcast
from messaging.outbound.refusals import SendRefused

_State = Broadcast.State
_LOCAL = "%Y-%m-%dT%H:%M"


class TimeForm(forms.Form):
    """When it starts."""

    at = forms.DateTimeField(
        label="Start at",
        input_formats=[_LOCAL, f"{_LOCAL}:%S"],
        widget=clock_input(),
        error_messages={
            "invalid": "Choose a date and a time.",
            "required": "Choose a date and a time.",
        },
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        zone = timezone.get_current_timezone_name()
        self.fields["at"].help_text = f"In the company's time zone, {zone}."


class TimeDialog(TimeForm, BaseDialogForm):  # type: ignore[misc]  # unfold has no types
    """The same, asked in a dialog."""


class BroadcastActions:
    """Actions of the broadcast screen; each is shown in the states it makes sense in."""

    actions_detail = ["start_now", "later", "unschedule", "pause", "go_on", "again", "cancel"]

    def has_start_now_permission(self: Any, request: ScreenRequest, object_id: str = "") -> bool:
        return bool(self._is_in(request, object_id, *states.EDITABLE))

    has_later_permission = has_start_now_permission

    def has_unschedule_permission(self: Any, request: ScreenRequest, object_id: str = "") -> bool:
        return bool(self._is_in(request, object_id, _State.SCHEDULED))

    def has_pause_permission(self: Any, request: ScreenRequest, object_id: str = "") -> bool:
        return bool(self._is_in(request, object_id, _State.RUNNING))

    def has_go_on_permission(self: Any, request: ScreenRequest, object_id: str = "") -> bool:
        return bool(self._is_in(request, object_id, _State.PAUSED))

    def has_cancel_permission(self: Any, request: ScreenRequest, object_id: str = "") -> bool:
        open_states = (_State.SCHEDULED, _State.RUNNING, _State.PAUSED)
        return bool(self._is_in(request, object_id, *open_states))

    def has_again_permission(self: Any, request: ScreenRequest, object_id: str = "") -> bool:
        if not self._is_in(request, object_id, _State.DONE, _State.CANCELED):
            return False
        return results.counts(self._found(request, object_id)).failed > 0

    @action(  # type: ignore[untyped-decorator]
        description="Start now",
        url_path="start",
        icon="send",
        permissions=["start_now"],
        dialog={
            "title": "Start this broadcast?",
            "description": "It goes to everybody in its list who has not opted out. You can pause"
            " or cancel it at any time; what has left cannot be taken back.",
            "form_submit_text": "Start",
        },
    )
    def start_now(self: Any, request: ScreenRequest, form: Any, object_id: str) -> HttpResponse:
        def start(broadcast: Broadcast) -> None:
            states.start(broadcast, **_who(request))

        return self._do(request, object_id, start, "It is being sent.")  # type: ignore[no-any-return]

    @action(  # type: ignore[untyped-decorator]
        description="Send later",
        url_path="later",
        icon="schedule_send",
        permissions=["later"],
        dialog={
            "title": "Send it later",
            "description": "It starts by itself. Until then it can be changed or canceled.",
            "form_class": TimeDialog,
            "form_submit_text": "Schedule",
        },
    )
    def later(self: Any, request: ScreenRequest, form: TimeDialog, object_id: str) -> HttpResponse:
        def schedule(broadcast: Broadcast) -> None:
            states.start(broadcast, **_who(request), at=form.cleaned_data["at"])

        return self._do(request, object_id, schedule, "It is scheduled.")  # type: ignore[no-any-return]

    @action(  # type: ignore[untyped-decorator]
        description="Back to draft",
        url_path="unschedule",
        icon="undo",
        permissions=["unschedule"],
        dialog={
            "title": "Make it a draft again?",
            "description": "It does not start by itself any more.",
            "form_submit_text": "Back to draft",
        },
    )
    def unschedule(self: Any, request: ScreenRequest, form: Any, object_id: str) -> HttpResponse:
        return self._do(request, object_id, states.unschedule, "It is a draft again.")  # type: ignore[no-any-return]

    @action(  # type: ignore[untyped-decorator]
        description="Pause",
        url_path="pause",
        icon="pause",
        permissions=["pause"],
        dialog={
            "title": "Pause this broadcast?",
            "description": "What no carrier has yet waits until you go on.",
            "form_submit_text": "Pause",
        },
    )
    def pause(self: Any, request: ScreenRequest, form: Any, object_id: str) -> HttpResponse:
        return self._do(request, object_id, states.pause, "It is paused.")  # type: ignore[no-any-return]

    @action(  # type: ignore[untyped-decorator]
        description="Go on",
        url_path="resume",
        icon="play_arrow",
        permissions=["go_on"],
        dialog={
            "title": "Go on with this broadcast?",
            "description": "It goes to those who have not got it.",
            "form_submit_text": "Go on",
        },
    )
    def go_on(self: Any, request: ScreenRequest, form: Any, object_id: str) -> HttpResponse:
        def resume(broadcast: Broadcast) -> None:
            states.resume(broadcast, **_who(request))

        return self._do(request, object_id, resume, "It goes on.")  # type: ignore[no-any-return]

    @action(  # type: ignore[untyped-decorator]
        description="Try the failed again",
        url_path="again",
        icon="replay",
        permissions=["again"],
        dialog={
            "title": "Try those again whom it failed for?",
            "description": "A new draft with the same text is made for them. Look at it, then start"
            " it.",
            "form_submit_text": "Make the draft",
        },
    )
    def again(self: Any, request: ScreenRequest, form: Any, object_id: str) -> HttpResponse:
        broadcast = self._found(request, object_id)
        if broadcast is None:
            raise Http404
        draft = copy_failed(broadcast, user=request.user)
        self.message_user(request, "This is the new draft.", messages.SUCCESS)
        return self._to(request, draft)  # type: ignore[no-any-return]

    @action(  # type: ignore[untyped-decorator]
        description="Cancel",
        url_path="cancel",
        icon="block",
        permissions=["cancel"],
        dialog={
            "title": "Cancel this broadcast?",
            "description": "Whatever no carrier has yet is not sent. This cannot be undone.",
            "form_submit_text": "Cancel the broadcast",
        },
    )
    def cancel(self: Any, request: ScreenRequest, form: Any, object_id: str) -> HttpResponse:
        def stop(broadcast: Broadcast) -> None:
            states.cancel(broadcast, user=request.user)

        return self._do(request, object_id, stop, "It is canceled.")  # type: ignore[no-any-return]

    def _is_in(self: Any, request: ScreenRequest, object_id: str, *wanted: Any) -> bool:
        broadcast = self._found(request, object_id) if object_id else None
        if broadcast is None or not self.has_module_permission(request):
            return False
        return broadcast.state in wanted

    def _do(
        self: Any,
        request: ScreenRequest,
        object_id: str,
        change: Callable[[Broadcast], object],
        said: str,
    ) -> HttpResponse:
        broadcast = self._found(request, object_id)
        if broadcast is None:
            raise Http404
        try:
            change(broadcast)
        except SendRefused as refusal:
            self.message_user(request, refusal.text, messages.ERROR)
        else:
            self.message_user(request, said, messages.SUCCESS)
        return self._to(request, broadcast)  # type: ignore[no-any-return]

    def _to(self, request: ScreenRequest, broadcast: Broadcast) -> HttpResponse:
        url = reverse("admin:messaging_broadcast_change", args=[broadcast.pk])
        if request.headers.get("HX-Request"):
            return HttpResponse(headers={"HX-Redirect": url})
        return HttpResponseRedirect(url)


def _who(request: ScreenRequest) -> dict[str, Any]:
    return {"user": request.user, "role": request.role, "tenant": request.tenant}
