"""Describe what a handler can see of its invocation and its process."""

import os
import sys


def context_fields(event, context):
    client = context.client_context
    return {
        "event": event,
        "aws_request_id": context.aws_request_id,
        "function_name": context.function_name,
        "function_version": context.function_version,
        "memory_limit_in_mb": context.memory_limit_in_mb,
        "log_group_name": context.log_group_name,
        "log_stream_name": context.log_stream_name,
        "invoked_function_arn": context.invoked_function_arn,
        "tenant_id": getattr(context, "tenant_id", "not known"),
        "identity": [context.identity.cognito_identity_id, context.identity.cognito_identity_pool_id],
        "client_context": client and [client.custom, client.env, client.client and client.client.app_title],
        "trace": os.environ.get("_X_AMZN_TRACE_ID", "absent"),
        "repr": repr(context),
        "kind": f"{type(context).__module__}.{type(context).__qualname__}",
    }


def remaining(event, context):
    return context.get_remaining_time_in_millis()


def process(event, context):
    main = sys.modules["__main__"]
    return {
        "argv": sys.argv,
        "orig_argv": sys.orig_argv[1:],
        "path": sys.path,
        "cwd": os.getcwd(),
        "executable": sys.executable,
        "flags": str(sys.flags),
        "environ": dict(os.environ),
        "main": [main.__name__, getattr(main, "__package__", None)],
        "main_attributes": sorted(name for name in vars(main) if not name.startswith("__")),
        "streams": [type(stream).__name__ for stream in (sys.stdin, sys.stdout, sys.stderr)],
        "encodings": [
            sys.stdout.encoding,
            sys.stderr.encoding,
            sys.stdout.errors,
            sys.getfilesystemencoding(),
        ],
        "buffering": [sys.stdout.line_buffering, sys.stderr.line_buffering],
        "umask": os.umask(0o022),
        "recursion": sys.getrecursionlimit(),
        "handlers": [type(handler).__name__ for handler in __import__("logging").getLogger().handlers],
        "signals": _signals(),
    }


def _signals():
    import signal

    return {str(number): str(signal.getsignal(number)) for number in sorted(signal.valid_signals())}
