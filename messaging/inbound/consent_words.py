"""Doing what a consent word asks for: opted out, opted in or helped, and told so once."""

from __future__ import annotations

from datetime import timedelta

from messaging.consent import ledger, optouts
from messaging.consent import texts as consent_texts
from messaging.consent.keywords import YES, consent_keyword
from messaging.models import ConsentEntry, Message, OptOut
from messaging.outbound import automatic
from messaging.outbound.refusals import SendRefused
from tenants.models import Tenant

# The FCC gives the one confirmation of an opt-out five minutes.
_GOOD_FOR = {
    "stop": timedelta(minutes=5),
    "start": timedelta(hours=1),
    "help": timedelta(hours=1),
}

_ALREADY = "They had opted out before, so they were not told again."
_OF_ALL = "They refused all your numbers, and still do: release them in Opt-outs if they want it."


def word_of(text: str, *, our_number: str, sender: str, in_group: bool = False) -> str:
    """Return "stop", "start" or "help" when a text to a number of ours is that, else "".

    A plain "yes" answers a thousand other questions: it is START only from who had opted out,
    and not in a group, where it may be said to anybody.
    """
    word = consent_keyword(text)
    if word == YES:
        return "start" if not in_group and optouts.has_refused(our_number, sender) else ""
    return word


def follow(tenant: Tenant, message: Message, *, silently: bool = False) -> None:
    """Record what the inbound text's word means, and answer it as the tenant wants."""
    answer = _after_faults if silently else _answer
    ours, sender = message.conversation.our_number, message.sender
    keyword = OptOut.Source.KEYWORD
    match message.consent_keyword:
        case "stop":
            known = optouts.has_refused(ours, sender)
            told = _ALREADY if known else answer(tenant, message)
            optouts.record_opt_out(ours, sender, keyword, message=message, detail=told)
        case "start":
            still = optouts.has_refused(None, sender)
            told = _OF_ALL if still else answer(tenant, message)
            optouts.release(ours, sender, source=keyword, message=message, detail=told)
        case "help":
            ledger.note(
                ConsentEntry.Action.HELP,
                sender,
                our_number=ours,
                source=keyword,
                message=message,
                detail=answer(tenant, message),
            )


def _after_faults(_tenant: Tenant, _message: Message) -> str:
    return "Not answered: storing the text had failed several times."


def _why_nobody_is_there(message: Message) -> str:
    if not automatic.is_answerable(message.sender):
        return "short codes and names are machines"
    if len(message.conversation.participants) > 1:
        return "it was said in a group"
    if message.sender == message.conversation.our_number:
        return "the number texted itself"
    return ""


def _answer(tenant: Tenant, message: Message) -> str:
    """Answer the word; returns what the ledger says of it."""
    word = message.consent_keyword
    if unheard := _why_nobody_is_there(message):
        return f"Not answered: {unheard}."
    try:
        line = automatic.line_to_answer(tenant, message)
        if line.is_toll_free and word != "help":
            return "Not answered by us: on toll-free numbers the network does."
        text = consent_texts.answer_to(word, tenant)
        if not text or consent_keyword(text):
            why = "the text is such a word itself, mend it" if text else "switched off"
            return f"Not answered: {why} in Consent texts."
        automatic.answer(
            message,
            line,
            text=text,
            origin=Message.Origin.CONSENT,
            good_for=_GOOD_FOR[word],
        )
    except SendRefused as refusal:
        return f"Not answered: {refusal.text}"
    return "Answered."
