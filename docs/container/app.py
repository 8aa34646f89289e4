"""The function of the two Dockerfiles: counts what it should not be able to remember."""

calls = 0


def handler(event: object, context: object) -> dict[str, int]:
    global calls
    calls += 1
    return {"calls": calls}
