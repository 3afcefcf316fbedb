"""Answers of both APIs that DRF has no exception for."""

from __future__ import annotations

from rest_framework import status
from rest_framework.exceptions import APIException


class InUse(APIException):
    """Something cannot go while other rows need it."""

    status_code = status.HTTP_409_CONFLICT
    default_detail = "This is in use: take it out of use first."
    default_code = "in_use"


class TooLarge(APIException):
    """The body is over the limit."""

    status_code = status.HTTP_413_REQUEST_ENTITY_TOO_LARGE
    default_code = "too_large"
    default_detail = "The body of the request is too large."


class NotNow(APIException):
    """The state of things forbids it."""

    status_code = status.HTTP_409_CONFLICT
    default_code = "not_now"
    default_detail = "This cannot be done now."


class QueueDown(APIException):
    """Nothing was taken: the queue does not answer."""

    status_code = status.HTTP_503_SERVICE_UNAVAILABLE
    default_code = "queue_down"
    default_detail = "Not sent: the queue does not answer. Try again in a minute."
