"""Notifications on phones and desks by Web Push.

Here the row is not a queue: a push that is lost stays lost. The inbox itself shows what came in,
and an extension's e-mail is the way that is tried again.
"""
