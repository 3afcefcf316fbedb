"""Contacts for the To field, as one types."""

from __future__ import annotations

from django.db.models import Q
from django.http import HttpResponseBase
from django.shortcuts import render
from django.views.decorators.http import require_safe

from messaging.inbox.frame import InboxRequest, inbox_view
from messaging.inbox.recipients import Person
from messaging.models import Contact
from messaging.plaintext import storable
from tenants.numbers import for_people

_MOST = 8


@require_safe
@inbox_view
def suggestions(request: InboxRequest) -> HttpResponseBase:
    """Offer contacts by a part of their name, company or number."""
    typed = storable(request.GET.get("q", "")).strip()[:100]
    digits = "".join(character for character in typed if character.isdigit())
    country = request.tenant.country
    found = Contact.objects.none()
    if typed:
        wanted = Q(name__icontains=typed) | Q(company__icontains=typed)
        if len(digits) > 1 and not any(character.isalpha() for character in typed):
            wanted = Q(number__contains=digits)
        found = Contact.objects.filter(wanted)
    people = [
        Person(number=number, name=name, shown=for_people(number, country=country))
        for number, name in found.values_list("number", "name")[:_MOST]
    ]
    return render(request, "inbox/people.html", {"people": people})
