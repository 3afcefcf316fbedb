"""What the place to write must know before anything is sent: limits and keys."""

from __future__ import annotations

from typing import Any
from uuid import UUID, uuid4

from django import template
from django.utils.crypto import salted_hmac

from messaging import registration
from messaging.inbox import cautions
from messaging.media import filetypes
from messaging.media.attachments import PICTURE_LIMIT, UPLOAD_LIMIT
from messaging.media.fitting import LEAST_PICTURE, TOLL_FREE_BYTES
from messaging.media.pictures import SHRINKABLE
from messaging.models import Conversation
from messaging.outbound.compose import MOST_FILES, MOST_UNITS, group_problem
from tenants.models import PhoneNumber
from tenants.numbers import kind_of

register = template.Library()

# First the wide kinds: phones offer camera and gallery for them.
_ACCEPT = ",".join(
    [
        *("image/*", "video/*", "audio/*"),
        *sorted(
            kind for kind in filetypes.SENDABLE if kind.split("/")[0] in ("application", "text")
        ),
    ]
)


@register.simple_tag
def upload_rules(our_number: str) -> dict[str, Any]:
    """Limits on files from this number; the server judges again, these spare a wasted upload."""
    toll_free = kind_of(our_number or "") == PhoneNumber.Kind.TOLL_FREE
    return {
        "most": MOST_FILES,
        "each": UPLOAD_LIMIT,
        "picture": PICTURE_LIMIT,
        "shrinks": ",".join(sorted(SHRINKABLE)),
        "least": LEAST_PICTURE,
        "total": TOLL_FREE_BYTES if toll_free else "",
        "accept": _ACCEPT,
        "units": MOST_UNITS,
    }


@register.simple_tag
def sender_caution(conversation: Conversation) -> str:
    """Say what may become of answers here while carriers do not know our number."""
    policy = cautions.policy_of(conversation)
    return registration.warning(cautions.phone_of(conversation), rule=policy.unregistered)


@register.simple_tag
def answers_to(conversation: Conversation) -> dict[str, str]:
    """Say how an answer reaches a group; `problem` is why it cannot go to all as one."""
    members = conversation.participants
    refusal = group_problem(conversation.our_number, members)
    if refusal is not None:
        return {"problem": refusal.code, "words": refusal.text}
    words = "One group message: everybody sees it, all the numbers and all the answers."
    return {"problem": "", "words": words}


@register.simple_tag
def message_key() -> UUID:
    """Key by which a form that is sent twice makes one message."""
    return uuid4()


@register.simple_tag(takes_context=True)
def drafts_of(context: dict[str, Any]) -> str:
    """Mark of the signed-in session: drafts kept in the browser under another are thrown away."""
    key = context["request"].session.session_key or ""
    return salted_hmac("messaging.inbox.drafts", key).hexdigest()[:20]
