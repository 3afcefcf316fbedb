"""What the platform's API takes and gives of tenants, numbers and people."""

from __future__ import annotations

import re
from copy import copy
from typing import Any, ClassVar

from django.conf import settings
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from drf_spectacular.utils import OpenApiExample, extend_schema_serializer
from rest_framework import serializers

from tenants.api.fields import KnownFields, RowField
from tenants.deletion import is_in_use
from tenants.memberships import add_member, find_account
from tenants.models import Membership, PhoneNumber, Tenant, Trunk, User
from tenants.models.tenant import SLUG_PATTERN
from tenants.numbers import NotAPhoneNumber, kind_of, to_e164
from tenants.provisioning import open_tenant
from tenants.registration import note_by_hand


class Checked(KnownFields, serializers.ModelSerializer[Any]):
    """Says what the database would refuse as an error of the field at fault."""

    # Name of a constraint to the field people would change.
    constraint_fields: ClassVar[dict[str, str]] = {}
    fixed_fields: ClassVar[tuple[str, ...]] = ()

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        if self.instance is not None:
            for name in self.fixed_fields:
                if name in attrs and attrs[name] != getattr(self.instance, name):
                    raise serializers.ValidationError({name: "This cannot be changed."})
        self.check_constraints(attrs)
        return attrs

    def check_constraints(self, attrs: dict[str, Any]) -> None:
        """Hold the row as it would become against the model's constraints."""
        model: Any = self.Meta.model
        row = copy(self.instance) if self.instance is not None else model()
        for name, value in attrs.items():
            setattr(row, name, value)
        for constraint in model._meta.constraints:
            field = self.constraint_fields.get(constraint.name)
            if field is None:
                continue
            try:
                constraint.validate(model, row)
            except ValidationError as error:
                raise serializers.ValidationError({field: error.messages}) from error


class TenantField(serializers.SlugRelatedField[Tenant]):
    """A tenant by its slug."""

    def to_internal_value(self, data: Any) -> Tenant:
        # Only what can be a slug reaches PostgreSQL, which takes no NUL.
        if not isinstance(data, str) or not re.fullmatch(SLUG_PATTERN, data):
            self.fail("does_not_exist", slug_name="slug", value=str(data)[:40])
        return super().to_internal_value(data)


def _tenant_field(**kwargs: Any) -> Any:
    return TenantField(slug_field="slug", queryset=Tenant.objects.all(), **kwargs)


@extend_schema_serializer(
    examples=[
        OpenApiExample(
            "A new company",
            {
                "name": "Initech",
                "slug": "initech",
                "timezone": "America/Chicago",
                "country": "US",
            },
            request_only=True,
        )
    ]
)
class TenantSerializer(Checked):
    """A tenant; `state` tells when its schema is ready."""

    fixed_fields = ("slug",)

    class Meta:
        model = Tenant
        fields: ClassVar[list[str]] = [
            "name",
            "slug",
            "timezone",
            "country",
            "is_active",
            "messaging_enabled",
            "state",
            "created_at",
        ]
        read_only_fields: ClassVar[list[str]] = ["state", "created_at"]

    def create(self, validated_data: dict[str, Any]) -> Tenant:
        tenant = Tenant(**validated_data)
        open_tenant(tenant)
        return tenant


class RemovalSerializer(KnownFields, serializers.Serializer[Any]):
    """The slug once more: nobody removes a company by a slip."""

    slug = serializers.CharField()

    def validate_slug(self, typed: str) -> str:
        """Take the tenant's own only."""
        if typed != self.context["slug"]:
            raise serializers.ValidationError("This is not the slug of this tenant.")
        return typed


class TrunkSerializer(Checked):
    """A trunk; without a tenant it is the platform's."""

    provider = serializers.ChoiceField(choices=sorted(settings.PROVIDERS), default="bandwidth")
    tenant = _tenant_field(allow_null=True, default=None)
    constraint_fields: ClassVar[dict[str, str]] = {"trunk_name_once_per_tenant": "name"}

    class Meta:
        model = Trunk
        fields: ClassVar[list[str]] = [
            "id",
            "name",
            "provider",
            "hostname",
            "tenant",
            "enabled",
            "created_at",
        ]
        validators: ClassVar[list[Any]] = []

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        trunk = self.instance
        moved = trunk is not None and attrs.get("tenant", trunk.tenant) != trunk.tenant
        if trunk is not None and moved and is_in_use(trunk):
            raise serializers.ValidationError(
                {"tenant": "The trunk is in use; it cannot change hands."}
            )
        return super().validate(attrs)


class PhoneNumberSerializer(Checked):
    """A number, typed in any usual form; without a tenant it is free."""

    number = serializers.CharField(max_length=40)
    trunk = RowField(queryset=Trunk.objects.select_related("tenant"))
    tenant = _tenant_field(allow_null=True, default=None)
    kind = serializers.ChoiceField(choices=PhoneNumber.Kind.choices, required=False)
    constraint_fields: ClassVar[dict[str, str]] = {
        "one_main_number_per_trunk_and_tenant": "is_main"
    }

    fixed_fields = ("number",)

    class Meta:
        model = PhoneNumber
        fields: ClassVar[list[str]] = [
            "id",
            "number",
            "trunk",
            "tenant",
            "kind",
            "registration",
            "registration_note",
            "registration_at",
            "campaign_id",
            "segments_per_second",
            "is_main",
            "created_at",
        ]
        read_only_fields: ClassVar[list[str]] = ["registration_at"]
        validators: ClassVar[list[Any]] = []

    def create(self, validated_data: dict[str, Any]) -> PhoneNumber:
        number = PhoneNumber(**validated_data)
        note_by_hand(number, before=None)
        number.save()
        return number

    def update(self, instance: PhoneNumber, validated_data: dict[str, Any]) -> PhoneNumber:
        before = copy(instance)
        for name, value in validated_data.items():
            setattr(instance, name, value)
        note_by_hand(instance, before=before)
        instance.save()
        return instance

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        row = self.instance
        tenant = attrs.get("tenant", row and row.tenant)
        trunk = attrs.get("trunk", row and row.trunk)
        if "number" in attrs:
            attrs["number"] = _read(attrs["number"], tenant)
        if row is None:
            if PhoneNumber.objects.filter(number=attrs["number"]).exists():
                detail = "This number is already in use in this system."
                raise serializers.ValidationError({"number": detail})
            attrs.setdefault("kind", kind_of(attrs["number"]))
        elif tenant != row.tenant and is_in_use(row):
            detail = "A message setting of its tenant uses this number."
            raise serializers.ValidationError({"tenant": detail})
        if trunk and trunk.tenant_id and trunk.tenant != tenant:
            detail = f"This trunk belongs to {trunk.tenant}."
            raise serializers.ValidationError({"trunk": detail})
        return super().validate(attrs)


def _read(typed: str, tenant: Tenant | None) -> str:
    try:
        return to_e164(typed, country=tenant.country if tenant else "US", short_codes=True)
    except NotAPhoneNumber as error:
        raise serializers.ValidationError({"number": str(error)}) from error


class MembershipSerializer(Checked):
    """A person's place in a tenant; who is new here gets an account."""

    email = serializers.EmailField(source="user.email")
    name = serializers.CharField(source="user.name", max_length=100, required=False)
    password = serializers.CharField(
        write_only=True, required=False, trim_whitespace=False, max_length=200
    )
    tenant = _tenant_field()
    role = serializers.ChoiceField(choices=Membership.Role.choices)
    constraint_fields: ClassVar[dict[str, str]] = {"extension_user_has_extension": "extension"}

    class Meta:
        model = Membership
        fields: ClassVar[list[str]] = [
            "id",
            "email",
            "name",
            "password",
            "tenant",
            "role",
            "extension",
            "is_active",
            "created_at",
        ]
        validators: ClassVar[list[Any]] = []

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        person = attrs.pop("user", {})
        if self.instance is not None:
            self._check_unchanged(person, attrs)
        else:
            self._check_person(person["email"], attrs)
        self.check_constraints({k: v for k, v in attrs.items() if k != "password"})
        return {**attrs, **person}

    def create(self, validated_data: dict[str, Any]) -> Membership:
        tenant = validated_data.pop("tenant")
        email = validated_data.pop("email")
        return add_member(tenant, email, **validated_data)

    def update(self, instance: Membership, validated_data: dict[str, Any]) -> Membership:
        for name in ("role", "extension", "is_active"):
            setattr(instance, name, validated_data.get(name, getattr(instance, name)))
        instance.save()
        return instance

    def _check_unchanged(self, person: dict[str, Any], attrs: dict[str, Any]) -> None:
        membership: Membership = self.instance  # type: ignore[assignment]
        given = {**person, "tenant": attrs.get("tenant", membership.tenant)}
        fixed = {
            "email": given.get("email", membership.user.email).lower() == membership.user.email,
            "name": given.get("name", membership.user.name) == membership.user.name,
            "tenant": given["tenant"] == membership.tenant,
            "password": "password" not in attrs,
        }
        wrong = {name: "This cannot be changed here." for name, same in fixed.items() if not same}
        if wrong:
            raise serializers.ValidationError(wrong)

    def _check_person(self, email: str, attrs: dict[str, Any]) -> None:
        known = find_account(email)
        if known is None:
            _check_password(attrs.get("password"), email)
        elif "password" in attrs:
            detail = "This person has an account already: leave the password out."
            raise serializers.ValidationError({"password": detail})
        elif known.memberships.filter(tenant=attrs["tenant"]).exists():
            detail = "This person is a member of the tenant already."
            raise serializers.ValidationError({"email": detail})


def _check_password(password: str | None, email: str) -> None:
    if password is None:
        return  # sign-in stays closed until the person resets it
    try:
        validate_password(password, User(email=email))
    except ValidationError as error:
        raise serializers.ValidationError({"password": error.messages}) from error
