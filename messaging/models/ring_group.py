"""Several extensions that share what is texted to one number."""

from __future__ import annotations

from django.core.validators import RegexValidator
from django.db import models

from messaging.models.configuration import Extension


class RingGroup(models.Model):
    """Extensions that share an inbox: each thread has one handler among them."""

    number = models.CharField(
        max_length=10,
        unique=True,
        validators=[RegexValidator(r"^\d{2,10}\Z", "Use 2 to 10 digits, such as 600.")],
        error_messages={"unique": "There is a ring group of this number already."},
    )
    name = models.CharField(max_length=100)
    members: models.ManyToManyField[Extension, RingGroupMember] = models.ManyToManyField(
        Extension, through="RingGroupMember", related_name="ring_groups"
    )
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["number"]

    def __str__(self) -> str:
        return f"{self.number} {self.name}".strip()


class RingGroupMember(models.Model):
    """One extension's place in a ring group."""

    group = models.ForeignKey(RingGroup, on_delete=models.CASCADE, related_name="places")
    extension = models.ForeignKey(Extension, on_delete=models.CASCADE, related_name="places")
    # Whose turn it is: the one that was given a thread longest ago, or never.
    last_given_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["extension__number"]
        constraints = [
            models.UniqueConstraint(fields=["group", "extension"], name="ring_group_member_once")
        ]

    def __str__(self) -> str:
        return f"member {self.pk}"
