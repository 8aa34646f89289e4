"""Imports a module on first use, and runs what an event brings: what of it do later workers begin with?"""

import sys

WATCHED = ("taught_lazily", "taught_never", "taught_poison")


def handler(event, context):
    present = [name for name in WATCHED if name in sys.modules]
    said = {}
    exec(event.get("code", ""), {"said": said})
    import taught_lazily

    return {"present": present, "said": said, "lazily": taught_lazily.NAME}
