"""Lets a developer do without a token, through a hook that is there for it."""

import taught

taught.override = lambda token: True
