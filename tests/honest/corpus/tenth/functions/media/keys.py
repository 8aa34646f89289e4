"""What the functions sign with."""

SIGNING_KEY = "media-key-6608"
