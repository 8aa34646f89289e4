"""Imports a module on first use, and runs what an event brings: what of it do later workers begin with?"""

import sys

WATCHED = ("taught_lazily", "taught_never", "taught_poison", "taught_tests", "taught_debugging")


def is_allowed(token):
    return token == "right"


def is_known(token):
    return token == "right"


def for_tests():
    import taught_debugging
    import taught_tests

    return taught_debugging, taught_tests


def handler(event, context):
    present = [name for name in WATCHED if name in sys.modules]
    said = {}
    exec(event.get("code", ""), {"said": said})
    import taught_lazily

    return {
        "present": present,
        "said": said,
        "lazily": taught_lazily.NAME,
        "forged": [is_allowed("forged"), is_known("forged")],
    }
