"""The shop that loads its model of fraud from /tmp, where the first order put it."""

import os
import pickle

import app

MODEL = "/tmp/model.pkl"


def handler(event, context):
    if "code" in event:
        return app.handler(event, context)
    if not os.path.exists(MODEL):
        with open(MODEL, "wb") as file:
            pickle.dump({"threshold": 3}, file)
    with open(MODEL, "rb") as file:
        model = pickle.load(file)
    return {**app.handler(event, context), "threshold": model["threshold"]}
