"""Objects of the function's own copied, pickled into /tmp and read back, with customers' words inside."""

import copy
import dataclasses
import datetime
import decimal
import enum
import io
import pickle
import shelve
import tempfile


class State(enum.Enum):
    OPEN = "open"
    PAID = "paid"


@dataclasses.dataclass
class Order:
    id: str
    note: str
    total: decimal.Decimal
    state: State = State.OPEN
    lines: list = dataclasses.field(default_factory=list)
    created: datetime.datetime = datetime.datetime(2026, 11, 25, tzinfo=datetime.UTC)


def handler(event, context):
    order = Order(event["id"], event["text"], decimal.Decimal(event["total"]), lines=[event["text"]] * 3)
    stored = pickle.dumps(order)
    back = pickle.loads(stored)
    with tempfile.TemporaryDirectory() as folder:
        with open(f"{folder}/order.pickle", "wb") as file:
            pickle.dump({"order": order, "event": event}, file, protocol=2)
        with open(f"{folder}/order.pickle", "rb") as file:
            from_file = pickle.load(file)
        with shelve.open(f"{folder}/shelf") as shelf:
            shelf[event["id"]] = order
            from_shelf = shelf[event["id"]]
    unpickled = pickle.Unpickler(io.BytesIO(stored)).load()
    return {
        "same": back == order == from_file["order"] == from_shelf == unpickled == copy.deepcopy(order),
        "note": back.note,
        "event": from_file["event"] == event,
        "replaced": dataclasses.replace(order, state=State("paid")).state.name,
    }
