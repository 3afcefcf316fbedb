"""How both APIs describe themselves; drf-spectacular finds the sign-in once this is imported."""

from __future__ import annotations

import re
from typing import Any, Final

from drf_spectacular.authentication import SessionScheme
from drf_spectacular.extensions import OpenApiAuthenticationExtension
from drf_spectacular.generators import SchemaGenerator
from drf_spectacular.openapi import AutoSchema

# First part of the address -> group on the page. Groups are shown in this order.
_GROUPS: Final[dict[str, tuple[str, ...]]] = {
    "Conversations and messages": ("conversations", "messages", "media", "broadcasts"),
    "People outside": (
        "contacts",
        "erasures",
        "templates",
        "opt-outs",
        "consent",
        "consent-texts",
    ),
    "Tenants": ("tenants",),
    "Numbers": (
        "sms-configurations",
        "message-settings",
        "inbound-rules",
        "outbound-rules",
        "business-hours",
        "holidays",
        "auto-replies",
        "extensions",
        "ring-groups",
        "trunks",
        "phone-numbers",
        "throughput-presets",
    ),
    "People": ("me", "users", "members", "memberships", "invitations", "api-keys"),
    "Notifications": ("push-subscriptions", "notification-choice"),
    "Figures and records": (
        "usage",
        "exports",
        "webhook-events",
        "unrouted-numbers",
        "access-entries",
        "visits",
        "audit",
    ),
    "Settings": ("settings", "sending-policy", "schema"),
}
_GROUP_OF: Final = {part: group for group, parts in _GROUPS.items() for part in parts}
_SUMMARIES: Final = {
    ("api-keys", "destroy"): "Revoke an API key",
    ("inbound-rules", "where"): "Tell where a text would go",
    ("invitations", "create"): "Invite somebody",
    ("opt-outs", "create"): "Add an opt-out",
    ("opt-outs", "destroy"): "Release a number",
    ("outbound-rules", "which"): "Tell which way a text would go",
    ("broadcasts", "create"): "Write a broadcast",
    ("broadcasts", "recipients"): "List a broadcast's recipients",
    ("broadcasts", "start"): "Start a broadcast",
    ("broadcasts", "unschedule"): "Make a scheduled broadcast a draft again",
    ("broadcasts", "copy_failed"): "Write a draft for whom a broadcast failed",
    ("broadcasts", "pause"): "Pause a broadcast",
    ("broadcasts", "resume"): "Go on with a paused broadcast",
    ("broadcasts", "cancel"): "Cancel a broadcast",
}
_SINGULAR: Final = {
    "media": "file",
    "opt-outs": "opt-out",
    "auto-replies": "auto-reply",
    "business-hours": "set of business hours",
    "access-entries": "entry",
    "sms-configurations": "SMS/MMS configuration",
    "api-keys": "API key",
}
_PLURAL: Final = {
    "sms-configurations": "SMS/MMS configurations",
    "api-keys": "API keys",
    "opt-outs": "opt-outs",
    "auto-replies": "auto-replies",
    "business-hours": "business hours",
    "consent": "the consent ledger",
    "audit": "the audit trail",
    "usage": "daily figures",
    "access-entries": "what system admins did inside tenants",
    "visits": "visits of system admins",
}
_VERBS: Final = {
    "retrieve": "Read",
    "create": "Add",
    "update": "Replace",
    "partial_update": "Change",
    "destroy": "Delete",
}
_FIRST_WORDS: Final = re.compile(r"[.;:]\s| \(|\n")
# What browsers were shown of each API: the code says it all, so it stays the same.
_SHOWN: Final[dict[tuple[type, Any], dict[str, Any]]] = {}
_DETAIL: Final = {"type": "object", "properties": {"detail": {"type": "string"}}}
_FIELD_ERRORS: Final = {
    "type": "object",
    "description": "What is wrong, by field; `non_field_errors` is about the whole, `detail` about"
    " a body or a query that could not be read.",
    "additionalProperties": {
        "oneOf": [
            {"type": "array", "items": {"type": "string"}},
            {"type": "string"},
            {"type": "object", "additionalProperties": True},
        ]
    },
    "example": {"phone_number": ["This number is already in use."]},
}
_ERRORS: Final[dict[str, tuple[str, str, dict[str, Any]]]] = {
    "400": ("WrongInput", "Something in the request is wrong; nothing was stored.", _FIELD_ERRORS),
    "401": ("NotSignedIn", "No key, or an unknown or revoked one.", _DETAIL),
    "403": ("NotAllowed", "The person may not do this.", _DETAIL),
    "404": ("NotThere", "There is no such thing, or it is not yours to see.", _DETAIL),
    "409": ("InTheWay", "Something else stands in the way: it is in use, or done.", _DETAIL),
    "413": ("TooLarge", "The body is too large.", _DETAIL),
    "415": ("OtherType", "Send JSON; files are sent as a form.", _DETAIL),
    "422": (
        "Refused",
        "The rules or its state forbid it; nothing was stored.",
        {
            "type": "object",
            "properties": {"code": {"type": "string"}, "detail": {"type": "string"}},
        },
    ),
    "503": ("TryAgain", "The queue does not answer; nothing was done.", _DETAIL),
}


class BearerKeyScheme(OpenApiAuthenticationExtension):  # type: ignore[no-untyped-call]
    """Says what `Authorization` takes."""

    target_class = "tenants.api.authentication.ApiKeyAuthentication"
    name = "apiKey"

    def get_security_definition(self, auto_schema: AutoSchema) -> dict[str, Any]:
        return {"type": "http", "scheme": "bearer", "description": "An API key."}


class PortalSessionScheme(SessionScheme):  # type: ignore[no-untyped-call]
    """Says that the portal's cookie signs in as well."""

    target_class = "tenants.api.authentication.PortalSessionAuthentication"
    name = "portalSession"
    priority = 0


class Described(AutoSchema):
    """One operation: a short name for it, its group, and how it says no."""

    def get_tags(self) -> list[str]:
        return [_GROUP_OF.get(self._resource, self._resource)]

    def get_summary(self) -> str:
        """Take the method's own first sentence, or name what the usual methods do."""
        action = getattr(self.view, "action", "")
        if (self._resource, action) in _SUMMARIES:
            return _SUMMARIES[self._resource, action]
        if own := self._own_words():
            return _FIRST_WORDS.split(own, maxsplit=1)[0].rstrip(".").replace("`", "")
        plural = _PLURAL.get(self._resource, self._resource.replace("-", " "))
        if action == "list":
            return f"List {plural}"
        singular = _SINGULAR.get(self._resource, self._resource.removesuffix("s").replace("-", " "))
        article = "an" if singular[0] in "aeiouAS" and singular != "user" else "a"
        return f"{_VERBS[action]} {article} {singular}"

    def _own_words(self) -> str:
        method = getattr(self.view, getattr(self.view, "action", self.method.lower()), None)
        return (getattr(method, "__doc__", None) or "").strip()

    @property
    def _resource(self) -> str:
        parts = self.path.split("/api/v1/", 1)[-1].split("/")
        return str(parts[0])

    def _get_response_bodies(self, direction: Any = "response") -> dict[str, Any]:
        bodies: dict[str, Any] = super()._get_response_bodies(direction)
        for code in self._ways_to_say_no():
            bodies.setdefault(code, {"$ref": f"#/components/responses/{_ERRORS[code][0]}"})
        return dict(sorted(bodies.items()))

    def _ways_to_say_no(self) -> list[str]:
        codes = ["400", "401", "403", "404"]
        if self.method in ("POST", "PUT", "PATCH"):
            codes += ["409", "413", "415"]
        elif self.method == "DELETE":
            codes += ["409"]
        refusing = getattr(self.view, "refusing_actions", ())
        if self.method != "GET" and getattr(self.view, "action", "") in refusing:
            codes += ["422"]
        if self.path.endswith("/send-reset-link/"):
            codes += ["503"]
        return codes


class Description(SchemaGenerator):
    """The whole API: groups in their order, and the errors that all operations share."""

    def get_schema(self, request: Any = None, public: bool = False) -> dict[str, Any]:  # noqa: FBT001
        """Describe the API; for browsers once, which takes half a second."""
        if request is None or not public or set(request.query_params) - {"format"}:
            return self._describe(request, public=public)
        whose = (type(self), self.urlconf)
        if whose not in _SHOWN:
            # Of no request: nothing of a tenant or a person may get into what all are shown.
            _SHOWN[whose] = self._describe(None, public=True)
        return _SHOWN[whose]

    def _describe(self, request: Any, *, public: bool) -> dict[str, Any]:
        schema: dict[str, Any] = super().get_schema(request, public)  # type: ignore[no-untyped-call]
        used = {
            tag
            for methods in schema["paths"].values()
            for operation in methods.values()
            for tag in operation["tags"]
        }
        order = [*_GROUPS, *sorted(used - set(_GROUPS))]
        schema["tags"] = [{"name": name} for name in order if name in used]
        schema["components"]["responses"] = {
            name: {"description": text, "content": {"application/json": {"schema": shape}}}
            for name, text, shape in _ERRORS.values()
        }
        return schema
