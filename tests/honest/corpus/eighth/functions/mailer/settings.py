"""What would be in a secret store."""

SETTINGS = {
    "sender": "Tea House <tea@example.org>",
    "smtp_password": "smtp-secret-7054",
    "site": "https://example.org",
}
