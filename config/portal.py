"""How the two admin sites look. Callbacks are named, not imported: settings load before apps."""

from __future__ import annotations

from typing import Any

_FRAME: dict[str, Any] = {
    "SITE_SYMBOL": "sms",
    "SITE_FAVICONS": [{"rel": "icon", "type": "image/svg+xml", "href": "config.navigation.icon"}],
    "SITE_URL": None,
    "STYLES": ["config.navigation.frame_style"],
    "SCRIPTS": ["config.navigation.select_names"],
    "SHOW_HISTORY": True,
    "SHOW_VIEW_ON_SITE": False,
    "BORDER_RADIUS": "6px",
    "ACCOUNT": {"navigation": "config.navigation.account_links"},
    "COLORS": {
        "primary": {
            "50": "oklch(97% .014 254.604)",
            "100": "oklch(93.2% .032 255.585)",
            "200": "oklch(88.2% .059 254.128)",
            "300": "oklch(80.9% .105 251.813)",
            "400": "oklch(70.7% .165 254.624)",
            "500": "oklch(62.3% .214 259.815)",
            "600": "oklch(54.6% .245 262.881)",
            "700": "oklch(48.8% .243 264.376)",
            "800": "oklch(42.4% .199 265.638)",
            "900": "oklch(37.9% .146 265.522)",
            "950": "oklch(28.2% .091 267.935)",
        },
    },
}

UNFOLD_SYSTEM: dict[str, Any] = {
    **_FRAME,
    "SITE_TITLE": "Trunkline",
    "SITE_HEADER": "Trunkline",
    "SITE_SUBHEADER": "System",
    "DASHBOARD_CALLBACK": "config.dashboard.system_dashboard",
    "SIDEBAR": {
        "show_search": True,
        "command_search": True,
        "navigation": "config.navigation.system_navigation",
    },
    "COMMAND": {"search_models": ["tenants.tenant", "tenants.phonenumber", "tenants.user"]},
}

UNFOLD_TENANT: dict[str, Any] = {
    **_FRAME,
    "SITE_TITLE": "config.navigation.tenant_name",
    "SITE_HEADER": "config.navigation.tenant_name",
    "SITE_SUBHEADER": "PBX messaging",
    "DASHBOARD_CALLBACK": "messaging.admin.dashboard.context",
    "ENVIRONMENT": "config.navigation.managing_badge",
    "ENVIRONMENT_TITLE_PREFIX": "config.navigation.managing_prefix",
    "SITE_DROPDOWN": "config.navigation.tenant_dropdown",
    "SIDEBAR": {
        "show_search": True,
        "command_search": True,
        "navigation": "config.navigation.tenant_navigation",
    },
    "COMMAND": {"search_models": True},
}
