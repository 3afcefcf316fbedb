"""Who does not want our texts."""

from __future__ import annotations

from django.db import models


class OptOut(models.Model):
    """Number that must not be texted, from one of our numbers or (null) from any."""

    class Source(models.TextChoices):
        KEYWORD = "keyword", "Texted STOP"
        CARRIER = "carrier", "Reported by the carrier"
        MANUAL = "manual", "Added by a person"
        IMPORT = "import", "Imported"

    our_number = models.CharField(max_length=16, null=True, blank=True)
    number = models.CharField(max_length=16, db_index=True)
    source = models.CharField(max_length=8, choices=Source.choices, default=Source.MANUAL)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["-created_at"]
        verbose_name = "opt-out"
        constraints = [
            models.UniqueConstraint(
                fields=["our_number", "number"],
                name="opt_out_once",
                nulls_distinct=False,
                violation_error_message="This number is opted out already.",
            )
        ]

    def __str__(self) -> str:
        return self.number
