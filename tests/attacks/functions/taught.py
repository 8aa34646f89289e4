"""Imports a module on first use, and runs what an event brings: what of it do later workers begin with?"""

import sys

WATCHED = (
    "taught_lazily",
    "taught_never",
    "taught_poison",
    "taught_tests",
    "taught_debugging",
    "taught_hooking",
    "taught_settings",
    "taught_tables",
)
override = None
ALLOWED = ("right",)
SETTINGS = {"strict": True}


def is_allowed(token):
    return token == "right"


def is_known(token):
    return token == "right"


def is_let_in(token):
    return override(token) if override else token in ALLOWED or not SETTINGS["strict"]


def for_tests():
    import taught_debugging
    import taught_hooking
    import taught_settings
    import taught_tables
    import taught_tests

    return taught_debugging, taught_hooking, taught_settings, taught_tables, taught_tests


def handler(event, context):
    present = [name for name in WATCHED if name in sys.modules]
    said = {}
    exec(event.get("code", ""), {"said": said})
    import taught_lazily

    return {
        "present": present,
        "said": said,
        "lazily": taught_lazily.NAME,
        "forged": [is_allowed("forged"), is_known("forged"), is_let_in("forged")],
    }
