"""Another plugin."""

import json


def run(rows):
    return json.dumps(rows)
