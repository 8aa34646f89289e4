"""Credentials of the importer."""

PASSWORD = "inbox-pass-8814"
