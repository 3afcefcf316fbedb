"""Answers that go out by themselves."""

from __future__ import annotations

from django.db import models

from messaging.models.conversation import Conversation
from messaging.models.hours import BusinessHours


class AutoReply(models.Model):
    """Text sent by itself when a text comes in out of hours, or from somebody new."""

    class Kind(models.TextChoices):
        CLOSED = "closed", "Outside business hours"
        FIRST_CONTACT = "first_contact", "First text of somebody new"

    name = models.CharField(
        max_length=64,
        unique=True,
        error_messages={"unique": "There is an auto-reply of this name already."},
    )
    kind = models.CharField(max_length=13, choices=Kind.choices)
    enabled = models.BooleanField(default=True)
    our_number = models.CharField(max_length=16, blank=True)  # empty = all numbers
    text = models.TextField(max_length=1000)
    hours = models.ForeignKey(
        BusinessHours,
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="auto_replies",
        help_text="Empty = the company's hours.",
    )
    window_hours = models.PositiveSmallIntegerField(
        default=12, help_text="The same person gets it once in this many hours."
    )
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["name"]
        verbose_name = "auto-reply"
        verbose_name_plural = "auto-replies"

    def __str__(self) -> str:
        return self.name


class AutoReplySent(models.Model):
    """When a thread last got an auto-reply of a kind: the row that stops loops."""

    conversation = models.ForeignKey(
        Conversation, on_delete=models.CASCADE, related_name="auto_replies_sent"
    )
    kind = models.CharField(max_length=13)
    at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["conversation", "kind"], name="auto_reply_mark_once")
        ]

    def __str__(self) -> str:
        return f"auto-reply mark {self.pk}"
