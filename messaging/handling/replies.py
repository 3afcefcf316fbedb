"""What writing in a thread does to it: it is the writer's now, and not done."""

from __future__ import annotations

from messaging.handling.events import Kind, record
from messaging.models import Conversation, Extension, MessageSetting
from tenants.models import User


def settle(conversation: Conversation, user: User, extension: Extension | None) -> None:
    """Give a thread of nobody to who writes in it, and share one that is new as its number is.

    `extension` is the writer's own; None = an admin, who takes nothing by writing.
    """
    is_new = not conversation.last_status
    if is_new:
        _share(conversation)
    if conversation.done_at is not None:
        rows = Conversation.objects.filter(pk=conversation.pk, done_at__isnull=False)
        if rows.update(done_at=None):
            record(conversation, Kind.REOPENED, by=user)
        conversation.done_at = None
    if extension is None or conversation.extension_id is not None:
        return
    rows = Conversation.objects.filter(pk=conversation.pk, extension=None)
    if rows.update(extension=extension):
        conversation.extension = extension
        if not is_new and (conversation.ring_group_id or conversation.shared_with):
            record(conversation, Kind.TAKEN, by=user, extension=extension)


def _share(conversation: Conversation) -> None:
    """Let everybody who shares the number see a thread that one of them begins."""
    setting = (
        MessageSetting.objects.filter(phone_number__number=conversation.our_number, enabled=True)
        .prefetch_related("other_extensions")
        .first()
    )
    if setting is None:
        return
    others = [extension.pk for extension in setting.other_extensions.all()]
    own = [setting.extension_id] if setting.extension_id and others else []
    if setting.ring_group_id is None and not others:
        return
    conversation.ring_group_id = setting.ring_group_id
    conversation.shared_with = sorted({*own, *others})
    conversation.save(update_fields=["ring_group", "shared_with"])
