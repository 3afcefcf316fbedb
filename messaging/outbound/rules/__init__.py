"""Outbound rules: which account, sender and number a text leaves by, before Message Settings."""
