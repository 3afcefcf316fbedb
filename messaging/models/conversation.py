"""A number of ours and the people it texts with."""

from __future__ import annotations

from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex
from django.db import models

from messaging.models.configuration import Extension
from tenants.models import User


class Contact(models.Model):
    """Name of a number outside."""

    number = models.CharField(max_length=16, unique=True)
    name = models.CharField(max_length=100)
    company = models.CharField(max_length=100, blank=True)
    email = models.EmailField(blank=True)
    tags = ArrayField(models.CharField(max_length=40), default=list, blank=True)
    notes = models.TextField(blank=True, max_length=2000)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["name"]
        indexes = [models.Index(fields=["name"], name="contact_by_name")]

    def __str__(self) -> str:
        return self.name


class Conversation(models.Model):
    """Thread between one of our numbers and one or more others.

    The last message's text, time and status are kept on the row: the list is read far more often
    than it changes.
    """

    our_number = models.CharField(max_length=16)
    # The others' numbers, sorted and joined by commas: equal groups make equal keys.
    participants_key = models.CharField(max_length=600)
    extension = models.ForeignKey(
        Extension,
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        related_name="conversations",
        db_index=False,
    )
    # Who else sees the thread: the ring group's members, and single extensions by their keys. The
    # list is read far too often for a join.
    ring_group = models.ForeignKey(
        "messaging.RingGroup",
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        related_name="conversations",
        db_index=False,
    )
    shared_with = ArrayField(models.BigIntegerField(), default=list, blank=True)
    done_at = models.DateTimeField(null=True, blank=True)  # until the next text comes in
    last_text = models.CharField(max_length=200, blank=True)
    last_at = models.DateTimeField()
    # Unread = later than the person's read mark: told without a look at the messages.
    last_inbound_at = models.DateTimeField(null=True, blank=True)
    last_status = models.CharField(max_length=12)
    last_direction = models.CharField(max_length=3)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["-last_at"]
        constraints = [
            models.UniqueConstraint(
                fields=["our_number", "participants_key"], name="one_conversation_per_parties"
            )
        ]
        indexes = [
            models.Index(fields=["-last_at", "-id"], name="conversation_newest"),
            models.Index(fields=["extension", "-last_at", "-id"], name="conversation_of_extension"),
            models.Index(
                fields=["ring_group", "-last_at", "-id"],
                name="conversation_of_ring_group",
                condition=models.Q(ring_group__isnull=False),
            ),
            GinIndex(
                fields=["shared_with"],
                name="conversation_shared",
                condition=~models.Q(shared_with=[]),
            ),
        ]

    def __str__(self) -> str:
        return f"conversation {self.pk}"

    @property
    def participants(self) -> list[str]:
        """The others' numbers."""
        return self.participants_key.split(",")


class ReadMark(models.Model):
    """How far one person has read a conversation."""

    user = models.ForeignKey(
        User, on_delete=models.DO_NOTHING, db_constraint=False, related_name="+"
    )
    conversation = models.ForeignKey(
        Conversation, on_delete=models.CASCADE, related_name="read_marks", db_index=False
    )
    read_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["conversation", "user"], name="one_read_mark_each")
        ]

    def __str__(self) -> str:
        return f"read mark {self.pk}"
