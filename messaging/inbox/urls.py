from __future__ import annotations

from django.urls import path

from messaging.inbox import (
    app,
    composing,
    contacts,
    files,
    me,
    notifications,
    pages,
    schedule,
    sending,
    suggestions,
    templates,
)

app_name = "inbox"
urlpatterns = [
    path("", pages.index, name="index"),
    path("rows/", pages.rows, name="rows"),
    path("filters/", pages.filters, name="filters"),
    path("events/", pages.events, name="events"),
    path("new/", composing.new, name="new"),
    path("new/recipients/", composing.recipients, name="recipients"),
    path("people/", suggestions.suggestions, name="people"),
    path("upload/", files.upload, name="upload"),
    path("upload/kept/", files.chips, name="kept"),
    path("upload/<uuid:attachment_id>/remove/", files.remove, name="remove"),
    path("later/", schedule.later, name="later"),
    path("templates/", templates.index, name="templates"),
    path("templates/new/", templates.new, name="template-new"),
    path("templates/<int:template_id>/", templates.change, name="template"),
    path("templates/<int:template_id>/delete/", templates.delete, name="template-delete"),
    path("media/<uuid:attachment_id>/", files.media, name="media"),
    path("media/<uuid:attachment_id>/again/", files.refetch, name="refetch"),
    path("manifest.webmanifest", app.manifest, name="manifest"),
    path("sw.js", app.worker, name="worker"),
    path("offline/", app.offline, name="offline"),
    path("news/", notifications.news, name="news"),
    path("me/", me.me, name="me"),
    path("me/name/", me.rename, name="me-name"),
    path("me/notifications/", me.choose, name="me-choose"),
    path("me/devices/", notifications.add, name="device-add"),
    path("me/devices/check/", notifications.check, name="device-check"),
    path("me/devices/forget/", notifications.forget, name="device-forget"),
    path("me/devices/<int:device_id>/remove/", notifications.remove, name="device-remove"),
    path("me/devices/<int:device_id>/test/", notifications.trial, name="device-test"),
    path("<int:conversation_id>/", pages.thread, name="thread"),
    path("<int:conversation_id>/messages/", pages.messages, name="messages"),
    path("<int:conversation_id>/send/", sending.send, name="send"),
    path("<int:conversation_id>/unread/", pages.unread, name="unread"),
    path("<int:conversation_id>/contact/", contacts.panel, name="panel"),
    path("<int:conversation_id>/contact/delete/", contacts.delete, name="contact-delete"),
    path("<int:conversation_id>/messages/<uuid:message_id>/retry/", sending.retry, name="retry"),
    path(
        "<int:conversation_id>/messages/<uuid:message_id>/cancel/", schedule.cancel, name="cancel"
    ),
    path("<int:conversation_id>/messages/<uuid:message_id>/edit/", schedule.change, name="change"),
    path("<int:conversation_id>/messages/<uuid:message_id>/now/", schedule.send_now, name="now"),
]
