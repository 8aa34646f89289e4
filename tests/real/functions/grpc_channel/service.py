"""A gRPC service, run with the functions' interpreter: prints its port, then LABEL and PEER of each call.

The line `drop` on standard input makes it close the connections it has.
"""

import json
import sys
from concurrent.futures import ThreadPoolExecutor

import grpc

SERVICE = "shop.Orders"


def put(request, context):
    """Answer a call; an order without an amount is refused."""
    print(request["label"], context.peer(), flush=True)
    if request["amount"] < 0:
        context.abort(grpc.StatusCode.INVALID_ARGUMENT, "the amount is below zero")
    return {"accepted": request["amount"]}


def make_server(port):
    """A server on `port`, or on a free one if it is 0, and its port."""
    server = grpc.server(ThreadPoolExecutor(4), options=[("grpc.so_reuseport", 0)])
    method = grpc.unary_unary_rpc_method_handler(
        put, request_deserializer=json.loads, response_serializer=lambda answer: json.dumps(answer).encode()
    )
    server.add_generic_rpc_handlers((grpc.method_handlers_generic_handler(SERVICE, {"Put": method}),))
    bound = server.add_insecure_port(f"127.0.0.1:{port}")
    server.start()
    return server, bound


def main():
    """Serve until standard input ends."""
    server, port = make_server(0)
    print(port, flush=True)
    for line in sys.stdin:
        if line.strip() == "drop":
            server.stop(0).wait()
            server, _ = make_server(port)
            print("dropped", flush=True)


if __name__ == "__main__":
    main()
