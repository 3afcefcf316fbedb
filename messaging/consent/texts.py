"""What a tenant answers to STOP, START and HELP."""

from __future__ import annotations

from messaging.models import ConsentTexts, SendingPolicy
from tenants.models import Tenant

WORDS = ("stop", "start", "help")

_USUAL = {
    "stop": "{company}: You have opted out and will get no more texts from this number. Reply"
    " START to get them again.",
    "start": "{company}: You will get texts from this number again. Reply STOP to opt out, HELP"
    " for help.",
    "help": "{company}: Reply STOP to get no more texts from this number, START to get them again."
    " Message and data rates may apply.",
}


def stored() -> ConsentTexts:
    """Return the tenant's row, or an unsaved one with the defaults."""
    return ConsentTexts.objects.filter(pk=1).first() or ConsentTexts(pk=1)


def company_name(tenant: Tenant) -> str:
    """Return the name people know the company by; an answer must say whose it is."""
    names = SendingPolicy.objects.filter(pk=1).values_list("sender_name", flat=True)
    return names.first() or tenant.name


def usual(word: str, company: str) -> str:
    """Return the text that is used where the tenant has written none."""
    return _USUAL[word].format(company=company)


def wording(texts: ConsentTexts, word: str, company: str) -> str:
    """Return what these texts answer to a word; "" = nothing, it is switched off."""
    if not getattr(texts, f"answers_{word}"):
        return ""
    own: str = getattr(texts, f"{word}_text")
    return own.strip() or usual(word, company)


def answer_to(word: str, tenant: Tenant) -> str:
    """Return what the tenant answers to a word; "" = nothing."""
    return wording(stored(), word, company_name(tenant))
