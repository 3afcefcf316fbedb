"""How much a number of each kind may send, where nobody said so for the number itself."""

from __future__ import annotations

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models


class ThroughputPreset(models.Model):
    """Segments per second of one kind of number; no row = the usual figure."""

    class Kind(models.TextChoices):
        LOCAL = "local", "Local"
        REGISTERED = "registered", "Local, on a 10DLC campaign"
        TOLL_FREE = "toll_free", "Toll-free"
        SHORT_CODE = "short_code", "Short code"

    kind = models.CharField(max_length=10, choices=Kind.choices, unique=True)
    segments_per_second = models.FloatField(
        validators=[MinValueValidator(0.01), MaxValueValidator(2000)]
    )

    class Meta:
        ordering = ["id"]
        verbose_name = "throughput preset"

    def __str__(self) -> str:
        return self.get_kind_display()
