"""What marks lines of a log that function code may not have written, as native/supervisor/output.c does.

A finding is recognised by `metadata.product.name` being "Dayfly". A line of function code that holds
the parts of such a record, however escaped, is marked, so that no reader takes it for one; so is one that
begins as Lambda's own do, from which it is told how long environments live and whom they served, or as the line
that says that Dayfly is not there. Every other line passes unchanged.
"""

from __future__ import annotations

PRODUCT = "Dayfly"
INVOCATION_MESSAGE = f"{PRODUCT}: invocation"
# Put before a line of function code that imitates a finding: it says whose it is.
NOT_OURS = b"[not written by Dayfly] "

# As the layer's wrapper begins (src/dayfly/attach/files), of which `dayfly status --logs` makes that nothing is protected. While
# Dayfly is there to read lines, it was not the wrapper that wrote one.
NOT_ACTIVE = "dayfly: not active"
CANNOT_START = "dayfly: cannot start"
