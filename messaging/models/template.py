"""Texts kept for use again."""

from __future__ import annotations

from django.db import models

from tenants.models import User


class Template(models.Model):
    """Canned text, of one person or (no owner) of the whole tenant."""

    title = models.CharField(max_length=60)
    text = models.TextField(max_length=2000)
    owner = models.ForeignKey(
        User,
        null=True,
        blank=True,
        on_delete=models.DO_NOTHING,
        db_constraint=False,
        related_name="+",
        db_index=False,
    )
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["title"]
        constraints = [
            models.UniqueConstraint(
                fields=["owner", "title"],
                name="template_title_once",
                nulls_distinct=False,
                violation_error_message="There is a template of this title already.",
            )
        ]

    def __str__(self) -> str:
        return self.title
