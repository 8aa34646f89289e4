"""Draw from every source of what must be unique; each has been drawn from at init, so that it has a state to repeat."""

import os
import random
import secrets
import ssl
import tempfile
import uuid

OWN = random.Random(7)
SYSTEM = random.SystemRandom()
MADE_AT_INIT = {"own": OWN, "system": SYSTEM}


def named():
    descriptor, name = tempfile.mkstemp()
    os.close(descriptor)
    os.unlink(name)
    return name


SOURCES = {
    "random": random.random,
    "random.getrandbits": lambda: random.getrandbits(64),
    "random.Random of init": OWN.random,
    "random.SystemRandom of init": SYSTEM.random,
    "secrets": secrets.token_hex,
    "uuid1": lambda: uuid.uuid1().hex,
    "uuid4": lambda: uuid.uuid4().hex,
    "os.urandom": lambda: os.urandom(8).hex(),
    "OpenSSL": lambda: ssl.RAND_bytes(8).hex(),
    "tempfile": named,
}
if hasattr(uuid, "uuid7"):
    SOURCES["uuid7"] = lambda: uuid.uuid7().hex
try:
    import numpy
except ImportError:
    pass
else:
    GENERATOR = numpy.random.default_rng(7)
    LEGACY = numpy.random.RandomState(7)
    numpy.random.seed(7)
    SOURCES["NumPy's global state"] = lambda: float(numpy.random.random())
    SOURCES["NumPy's Generator of init"] = lambda: float(GENERATOR.random())
    SOURCES["NumPy's RandomState of init"] = lambda: float(LEGACY.random_sample())
for source in SOURCES.values():
    source()


def handler(event, context):
    return {name: source() for name, source in SOURCES.items()}
