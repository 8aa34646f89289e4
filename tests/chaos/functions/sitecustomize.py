"""Python imports this as it starts: a supervisor under test is followed step by step where a test asks for it."""

import os

if os.environ.get("CHAOS_DIRECTOR") and "_DAYFLY_ZYGOTE" not in os.environ:
    import stepping

    stepping.begin(os.environ["CHAOS_DIRECTOR"])
