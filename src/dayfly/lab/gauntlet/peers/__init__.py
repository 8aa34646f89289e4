"""Protections of other makers, put on a function as their documentation says, in environments of their own.

`installing` makes those environments from pinned versions and hashes (`requirements/`); each module beside it is one
maker's; `functions` holds what goes into the function's package. docs/peers.md says what each is and how it was run.
"""
