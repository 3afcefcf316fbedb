"""Time zones and countries to choose from, the usual ones first."""

from __future__ import annotations

from zoneinfo import available_timezones

import phonenumbers

_USUAL_ZONES = [
    ("America/New_York", "Eastern (New York)"),
    ("America/Chicago", "Central (Chicago)"),
    ("America/Denver", "Mountain (Denver)"),
    ("America/Phoenix", "Arizona (Phoenix)"),
    ("America/Los_Angeles", "Pacific (Los Angeles)"),
    ("America/Anchorage", "Alaska (Anchorage)"),
    ("Pacific/Honolulu", "Hawaii (Honolulu)"),
    ("America/Toronto", "Eastern, Canada (Toronto)"),
    ("America/Vancouver", "Pacific, Canada (Vancouver)"),
    ("Europe/London", "United Kingdom (London)"),
    ("UTC", "UTC"),
]
_USUAL_COUNTRIES = [("US", "United States"), ("CA", "Canada"), ("GB", "United Kingdom")]

Choices = list[tuple[str, list[tuple[str, str]]]]


def time_zones() -> Choices:
    """Group the time zones for a drop-down."""
    usual = {name for name, _ in _USUAL_ZONES}
    others = [
        (name, name.replace("_", " "))
        for name in sorted(available_timezones())
        if name not in usual
    ]
    return [("Usual", _USUAL_ZONES), ("All others", others)]


def countries() -> Choices:
    """Group the countries for a drop-down, each with its calling code."""
    usual = [(code, f"{name} ({_calling_code(code)})") for code, name in _USUAL_COUNTRIES]
    known = {code for code, _ in usual}
    others = [
        (code, f"{code} ({_calling_code(code)})")
        for code in sorted(phonenumbers.SUPPORTED_REGIONS)
        if code not in known
    ]
    return [("Usual", usual), ("All others", others)]


def _calling_code(region: str) -> str:
    return f"+{phonenumbers.country_code_for_region(region)}"
