"""Cannot be initialised."""

raise ValueError("a setting is missing")


def handler(event, context):
    return None
