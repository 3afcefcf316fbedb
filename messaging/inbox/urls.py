from __future__ import annotations

from django.urls import path

from messaging.inbox import composing, contacts, files, pages, sending

app_name = "inbox"
urlpatterns = [
    path("", pages.index, name="index"),
    path("rows/", pages.rows, name="rows"),
    path("events/", pages.events, name="events"),
    path("new/", composing.new, name="new"),
    path("people/", contacts.suggestions, name="people"),
    path("upload/", files.upload, name="upload"),
    path("media/<uuid:attachment_id>/", files.media, name="media"),
    path("<int:conversation_id>/", pages.thread, name="thread"),
    path("<int:conversation_id>/messages/", pages.messages, name="messages"),
    path("<int:conversation_id>/send/", sending.send, name="send"),
    path("<int:conversation_id>/name/", contacts.rename, name="rename"),
    path("<int:conversation_id>/messages/<uuid:message_id>/retry/", sending.retry, name="retry"),
    path("<int:conversation_id>/messages/<uuid:message_id>/cancel/", sending.cancel, name="cancel"),
]
