"""Recognises lines of a log that function code may not have written: native/supervisor/output.c marks them, this says which.

A finding is recognised by `metadata.product.name` being "Dayfly". A line of function code that holds
the parts of such a record, however escaped, is marked, so that no reader takes it for one; so is one that
begins as Lambda's own do, from which it is told how long environments live and whom they served, or as the line
that says that Dayfly is not there. Every other line passes unchanged.
"""

from __future__ import annotations

import re

PRODUCT = "Dayfly"
# Put before a line of function code that imitates a finding: it says whose it is.
NOT_OURS = b"[not written by Dayfly] "
_ESCAPE = re.compile(rb"\\u00([0-9a-fA-F]{2})")
# What every reader of findings looks for; a record without one of these is none.
_PARTS = (b"metadata", b"product", PRODUCT.encode())

# As the layer's wrapper begins (src/dayfly/attach/files), of which `dayfly status --logs` makes that nothing is protected. While
# Dayfly is there to read lines, it was not the wrapper that wrote one.
NOT_ACTIVE = "dayfly: not active"
CANNOT_START = "dayfly: cannot start"


def imitates_finding(line: bytes) -> bool:
    """Say whether a reader could take `line` for one of Dayfly's own records.

    Decodes the JSON escapes of ASCII characters first: "Dayf\\u006cy" is "Dayfly" to a parser.
    """
    if b"{" not in line:
        return False
    # NUL bytes between characters are UTF-16 to a lenient reader.
    text = line.replace(b"\x00", b"")
    if b"\\u00" in text:
        text = _ESCAPE.sub(lambda match: bytes((int(match[1], 16),)), text)
    return all(part in text for part in _PARTS)
