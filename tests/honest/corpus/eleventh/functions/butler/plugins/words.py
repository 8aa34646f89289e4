def run(payload):
    """How many words."""
    return str(len(payload.split()))


def shout(payload):
    return payload.upper()
