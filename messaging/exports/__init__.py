"""Spreadsheets of what a tenant has, written in the background."""
