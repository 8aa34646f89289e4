"""Lets a developer do without tokens, by a setting in a table."""

import taught

taught.SETTINGS["strict"] = False
