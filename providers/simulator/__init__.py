"""A stand-in Bandwidth: the messaging API, its callbacks, and a handset to text from.

Bandwidth has no sandbox for messaging. This one keeps everything in memory, knows no tenants and
needs no Django; it may import `providers.types` and the codes of `providers.bandwidth`.

Numbers that make it misbehave (see `magic`): +1 999 555 <code> fails with that delivery code,
for example +19995554406; 0000 never gets a receipt; 0429, 0500, 0408 and 0499 answer the request
itself with a full queue, a fault, a long silence, and a dropped connection; after 0498 and 0497
only the list tells whether the message was taken.
"""
