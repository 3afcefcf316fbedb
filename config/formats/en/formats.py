"""Dates and times as one line short enough for a list: Nov 21, 2026, 3:40 PM."""

DATE_FORMAT = "M j, Y"
TIME_FORMAT = "g:i A"
DATETIME_FORMAT = "M j, Y, g:i A"
