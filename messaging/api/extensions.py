"""`extensions/`: the desks that texts reach."""

from __future__ import annotations

from rest_framework import serializers

from messaging.api.base import ConfigurationViewSet
from messaging.api.fields import KnownFields
from messaging.models import Extension


class ExtensionSerializer(KnownFields, serializers.ModelSerializer[Extension]):
    """One extension."""

    class Meta:
        model = Extension
        fields = ["id", "number", "name", "email", "sms_permission"]


class Extensions(ConfigurationViewSet[Extension]):
    """Extensions of the phone system."""

    queryset = Extension.objects.all()
    serializer_class = ExtensionSerializer
