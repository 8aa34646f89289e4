"""Wrap the calls of AWS's client by which a function answers, as libraries do that send what they hold back."""

from awslambdaric import bootstrap


def _wrap(name):
    inner = getattr(bootstrap.LambdaRuntimeClient, name)

    def wrapper(*arguments, **named):
        print(f"sent before {name}")
        return inner(*arguments, **named)

    setattr(bootstrap.LambdaRuntimeClient, name, wrapper)


for name in ("post_invocation_result", "post_invocation_error"):
    _wrap(name)


def handler(event, context):
    if event["fails"]:
        raise LookupError("no such order")
    return "done"
