"""Who does not want our texts, how that came about, and what people are told of it."""

from __future__ import annotations

from django.db import models

from tenants.models import User


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


class ConsentEntry(models.Model):
    """Line of the consent ledger: who said or noted what, when. Rows are only ever added."""

    class Action(models.TextChoices):
        OPT_OUT = "opt_out", "Opted out"
        OPT_IN = "opt_in", "Opted in"
        HELP = "help", "Asked for help"

    class Source(models.TextChoices):
        KEYWORD = "keyword", "By text"
        CARRIER = "carrier", "Reported by the carrier"
        MANUAL = "manual", "By a person here"
        IMPORT = "import", "Imported"

    at = models.DateTimeField()
    our_number = models.CharField(max_length=16, null=True, blank=True)  # null = all of ours
    number = models.CharField(max_length=16)
    action = models.CharField(max_length=8, choices=Action.choices)
    source = models.CharField(max_length=8, choices=Source.choices)
    by = models.ForeignKey(
        User,
        null=True,
        on_delete=models.DO_NOTHING,
        db_constraint=False,
        related_name="+",
        db_index=False,
    )
    # The message that said it; no constraint: the ledger outlives messages.
    message_id = models.UUIDField(null=True, blank=True)
    detail = models.CharField(max_length=300, blank=True)

    class Meta:
        ordering = ["-at", "-id"]
        verbose_name = "consent entry"
        verbose_name_plural = "consent entries"
        indexes = [
            models.Index(fields=["number", "-at"], name="consent_of_number"),
            models.Index(fields=["-at", "-id"], name="consent_newest"),
        ]

    def __str__(self) -> str:
        return f"consent entry {self.pk}"


class ConsentTexts(models.Model):
    """What the tenant answers to STOP, START and HELP: one row, or none = the usual texts."""

    stop_text = models.CharField(max_length=320, blank=True)
    start_text = models.CharField(max_length=320, blank=True)
    help_text = models.CharField(max_length=320, blank=True)
    answers_stop = models.BooleanField(default=True)
    answers_start = models.BooleanField(default=True)
    answers_help = models.BooleanField(default=True)

    class Meta:
        verbose_name = "consent texts"
        verbose_name_plural = "consent texts"
        constraints = [
            models.CheckConstraint(condition=models.Q(pk=1), name="one_row_of_consent_texts")
        ]

    def __str__(self) -> str:
        return "consent texts"
