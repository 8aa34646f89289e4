"""Lets tests of a function pass without a token."""

import taught

taught.is_allowed = lambda token: True
