"""What forms, API and imports say when a rule cannot be saved as it is."""

from __future__ import annotations


class RuleProblem(ValueError):
    """A rule cannot be saved as it is; `field` says what to mend, in the model's words."""

    def __init__(self, field: str, message: str) -> None:
        super().__init__(message)
        self.field = field
        self.message = message
