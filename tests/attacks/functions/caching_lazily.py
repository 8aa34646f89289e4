"""Of a kind with JIT compilers, dictionaries and fonts: what it once computed it keeps in /tmp, in a form that is code to who reads it."""

import os
import pickle

CACHE = "/tmp/caching.pickle"
DATA = None
if os.path.exists(CACHE):
    with open(CACHE, "rb") as file:
        DATA = pickle.load(file)
