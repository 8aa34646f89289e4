"""The shop that merges what customers prefer into an object, attribute by attribute (class pollution)."""

import app

SETTINGS = {"rebate": 0}


class Preferences:
    def __init__(self):
        self.language = "en"


def merge(source, target):
    for name, value in source.items():
        if isinstance(value, dict) and isinstance(target, dict):
            merge(value, target[name])
        elif isinstance(target, dict):
            target[name] = value
        elif isinstance(value, dict):
            merge(value, getattr(target, name))
        else:
            setattr(target, name, value)


def handler(event, context):
    if "code" in event:
        return app.handler(event, context)
    if "preferences" in event:
        merge(event["preferences"], Preferences())
        return "merged"
    return {**app.handler(event, context), "rebate": SETTINGS["rebate"]}
