"""Bandwidth's addresses for the test account."""

from __future__ import annotations

ROOT = "https://messaging.bandwidth.com/api/v2/users/9900001"
MESSAGES = f"{ROOT}/messages"
MEDIA = f"{ROOT}/media"
TOKEN = "https://api.bandwidth.com/api/v1/oauth2/token"
