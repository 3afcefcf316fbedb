"""What `manage.py up` tells at the end, and how it introduces the demo to the stand-in."""

from __future__ import annotations

import requests
from django.conf import settings

from messaging import demo


def introduce_demo(simulator_url: str) -> None:
    """Give the stand-in Bandwidth the demo tenants' accounts, numbers and webhook addresses.

    It keeps nothing between runs. Raises requests.RequestException when it does not answer.
    """
    for account in demo.simulator_accounts():
        # Both run here: the way over the public address may not exist yet.
        path = account["webhook_url"].removeprefix(settings.PUBLIC_URL)
        account["webhook_url"] = f"http://127.0.0.1:{settings.PORT}{path}"
        requests.put(
            f"{simulator_url}/simulator/accounts/{account['account_id']}", json=account, timeout=5
        ).raise_for_status()


def welcome(simulator_url: str, *, two_step: bool) -> str:
    """Say where everything is and what to try first."""
    acme = demo.COMPANIES[0]
    desk = acme.desks[0]
    return f"""
  Portal    {settings.PUBLIC_URL}
  Handset   {simulator_url}   (a customer's phone, on the stand-in Bandwidth)

  Sign in with the password {demo.PASSWORD}
{_sign_ins()}
  {_about_two_step(asked=two_step)}

  Three things to try
    1. Text {desk.number} from the handset; as {desk.email} read it in the inbox and answer.
    2. As {acme.admin[1]} open Message Channel > SMS/MMS: Copy Webhook, Test credentials.
    3. As {demo.SYSTEM_ADMIN} press Manage in a tenant's row, then go Back to Tenants.

"""


def _about_two_step(*, asked: bool) -> str:
    if asked:
        return "The system admin sets up two-step sign-in first, as REQUIRE_SYSTEM_ADMIN_MFA is on."
    return "Two-step sign-in is not asked for in the demo; elsewhere system admins must set it up."


def _sign_ins() -> str:
    lines = [f"    {demo.SYSTEM_ADMIN:<26} system admin"]
    for company in demo.COMPANIES:
        lines.append(f"    {company.admin[1]:<26} admin of {company.name}")
        lines += [
            f"    {desk.email:<26} extension {desk.extension} of {company.name}"
            for desk in company.desks
        ]
    return "\n".join(lines)
