"""Show whether one invocation can see what an earlier one did, and what each draws by chance."""

import os
import random
import secrets
import ssl
import sys
import tempfile
import uuid

SEEN = []
OWN = random.Random()


def leak(event, context):
    SEEN.append(event)
    sys.modules.setdefault("planted_by_an_earlier_event", sys)
    return {"seen": len(SEEN), "environ": os.environ.setdefault("PLANTED", str(len(SEEN)))}


def draw(event, context):
    drawn = {
        "random": random.random(),
        "own generator": OWN.random(),
        "system random": random.SystemRandom().random(),
        "uuid1": str(uuid.uuid1()),
        "uuid4": str(uuid.uuid4()),
        "urandom": os.urandom(16).hex(),
        "secrets": secrets.token_hex(16),
        "ssl": ssl.RAND_bytes(16).hex(),
        "temporary name": tempfile.mktemp(),
        "shuffled": random.sample(range(10_000), 8),
    }
    numpy = sys.modules.get("numpy")
    if numpy is not None:
        drawn["numpy"] = float(numpy.random.random())
    return drawn
