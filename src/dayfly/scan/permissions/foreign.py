"""What values that are not the project's own answer: libraries, boto3's sessions and clients, and by kind all others."""

from __future__ import annotations

from dayfly.scan.permissions.catalogue import load_catalogue
from dayfly.scan.permissions.containers import Arguments, call_mapping, call_text, iterate
from dayfly.scan.permissions.resources import (
    TRANSFERS,
    call_resource,
    collection_attribute,
    resource_attribute,
)
from dayfly.scan.permissions.values import (
    FROM_EVENT,
    FROM_RUN_TIME,
    NOTHING,
    Client,
    Collection,
    External,
    Hole,
    Made,
    Mapping,
    Method,
    Operation,
    Origin,
    Resource,
    Sequence,
    Text,
    Unknown,
    Value,
    Values,
    constants,
    join,
    limited,
    text,
)

SESSIONS = frozenset(
    {
        "boto3", "boto3.Session", "boto3.session.Session", "boto3.session", "aioboto3", "aioboto3.Session",
        "aioboto3.session.Session", "botocore.session.get_session", "botocore.session.Session",
        "botocore.session", "aiobotocore.session.get_session", "aiobotocore.session.AioSession",
        "aiobotocore.get_session", "boto3._get_default_session", "aiobotocore.session",
    }
)  # fmt: skip
FOREIGN = Made("a client with other credentials")
# Methods that sign without a call: what they sign is checked by the database.
SIGNED = {
    ("rds", "generate_db_auth_token"): "rds-db:connect",
    ("dsql", "generate_db_connect_auth_token"): "dsql:DbConnect",
    ("dsql", "generate_db_connect_admin_auth_token"): "dsql:DbConnectAdmin",
}
_CLIENT_METHODS = frozenset(
    {
        "get_paginator",
        "get_waiter",
        "generate_presigned_url",
        "generate_presigned_post",
        "can_paginate",
        "close",
    }
)
_PASSED_ON = frozenset(
    {
        "builtins.list", "builtins.tuple", "builtins.set", "builtins.frozenset", "builtins.sorted",
        "builtins.reversed", "builtins.iter", "builtins.dict", "copy.copy", "copy.deepcopy", "asyncio.run",
        "contextlib.closing", "contextlib.aclosing", "asyncio.wait_for", "asyncio.shield", "builtins.str",
        "builtins.vars",
    }
)  # fmt: skip


def get_attribute(owner: Value, name: str) -> Values:
    """What `owner.name` can be, for values that are not the project's own."""
    match owner:
        case External():
            return frozenset({External(f"{owner.name}.{name}")})
        case Client():
            return _client_attribute(owner, name)
        case Resource():
            return resource_attribute(owner, name)
        case Collection():
            return collection_attribute(owner, name)
        case Method(owner=Resource(), name="meta") if name == "client":
            assert isinstance(owner.owner, Resource)
            return frozenset({Client(owner.owner.service)})
        case Unknown():
            return frozenset({owner})
        case Mapping() if name in dict(owner.items) and name not in ("get", "items", "keys", "values", "pop"):
            return dict(owner.items)[name]
        case Text() if name == "value":  # a member of an enumeration
            return frozenset({owner})
        case Operation(role="paginate" | "wait") if name == owner.role:
            return frozenset({owner})
        case Made() | Text() | Mapping() | Sequence() | Method() | Operation():
            return frozenset({Method(owner, name)})
        case _:
            return NOTHING


def _client_attribute(owner: Client, name: str) -> Values:
    if name in _CLIENT_METHODS or name in ("meta", "exceptions"):
        return frozenset({Method(owner, name)})
    if (owner.service, name) in SIGNED:
        return frozenset({Operation(owner.service, SIGNED[(owner.service, name)])})
    if owner.service == "s3" and name in TRANSFERS:
        return frozenset({Operation("s3", "", role=name)})
    operation = load_catalogue().operation(owner.service, name)
    if operation is None:
        return NOTHING if owner.service else frozenset()
    return frozenset({Operation(owner.service, operation)})


def call_foreign(callee: Value, arguments: Arguments) -> Values:
    """What a call of a foreign name, or of a method of a foreign value, answers."""
    match callee:
        case External():
            return _call_external(callee.name, arguments)
        case Method():
            return _call_method(callee.owner, callee.name, arguments)
        case Resource():  # `table.Something()` where the sub-resource needs nothing more
            return frozenset({callee})
        case _:
            return FROM_RUN_TIME


def _call_external(name: str, arguments: Arguments) -> Values:
    module, _, function = name.rpartition(".")
    if module in SESSIONS and function in ("client", "resource", "create_client"):
        return _make(function, arguments)
    if name in SESSIONS:
        return frozenset({FOREIGN if _is_foreign(arguments) else Made("boto3.Session")})
    if name in ("os.environ.copy", "builtins.dict") and not arguments.positional and "environ" in name:
        return frozenset({External("os.environ")})
    if name in _PASSED_ON:
        named = [*arguments.named.items()] if name == "builtins.dict" else []
        if named:
            return frozenset({Mapping(tuple(sorted(named)), NOTHING)})
        return arguments.positional[0] if arguments.positional else NOTHING
    if name == "builtins.next":
        return limited({x for one in arguments.value(0, "i") for x in iterate(one)})
    if name == "types.SimpleNamespace":
        return frozenset({Mapping(tuple(sorted(arguments.named.items())), NOTHING)})
    if name in ("typing.cast", "typing_extensions.cast"):
        return arguments.value(1, "val")
    if name in ("os.path.join", "posixpath.join"):
        values = arguments.positional[0] if arguments.positional else NOTHING
        for piece in arguments.positional[1:]:
            values = join(join(values, text("/")), piece)
        return values
    if name == "builtins.map" or name == "builtins.zip":
        return FROM_RUN_TIME
    if name == "builtins.enumerate":
        inner = limited({x for one in arguments.value(0, "iterable") for x in iterate(one)})
        return frozenset({Sequence((), frozenset({Sequence((FROM_RUN_TIME, inner), NOTHING)}))})
    if any(Unknown(Origin.EVENT) in values for values in arguments.all()):
        return FROM_EVENT
    if name.startswith("aws_lambda_powertools."):
        given = {str(position): values for position, values in enumerate(arguments.positional)}
        return frozenset({Made(name, tuple(sorted({**given, **arguments.named}.items())))})
    return frozenset({Made(name)})


def _is_foreign(arguments: Arguments) -> bool:
    """Credentials are given that are not the function's own environment."""
    for name, position in (("aws_access_key_id", 6), ("profile_name", 99)):
        values = arguments.named.get(name, NOTHING)
        if not values and position < len(arguments.positional):
            values = arguments.positional[position]
        own = {Text((Hole(Origin.ENVIRONMENT, "AWS_ACCESS_KEY_ID"),))}
        if values and not values <= own:
            return True
    return False


def _make(function: str, arguments: Arguments) -> Values:
    if _is_foreign(arguments):
        return frozenset({FOREIGN})
    names = arguments.value(0, "service_name")
    services = constants(names)
    out: set[Value] = set()
    for service in services:
        if function == "resource":
            out.add(Resource(service, ""))
        else:
            out.add(Client(service))
    if not services or len(services) < len(names):
        out.add(Client(""))
    return frozenset(out)


def _call_method(owner: Value, name: str, arguments: Arguments) -> Values:
    match owner:
        case Made(name="boto3.Session"):
            if name in ("client", "resource", "create_client"):
                return _make(name, arguments)
            return FROM_RUN_TIME
        case Made() if owner == FOREIGN:
            return frozenset({FOREIGN})
        case Client():
            return _call_client(owner, name, arguments)
        case Resource():
            return call_resource(owner, name, arguments)
        case Collection():
            return frozenset({owner})
        case Text():
            return call_text(owner, name, arguments)
        case Mapping():
            return call_mapping(owner, name, arguments)
        case Sequence():
            return iterate(owner) if name in ("pop", "__next__") else FROM_RUN_TIME
        case Made(name="paginator"):
            return FROM_RUN_TIME
        case Made() if name in ("enter_context", "enter_async_context") and arguments.positional:
            return arguments.positional[0]
        case _:
            return FROM_RUN_TIME


def _call_client(owner: Client, name: str, arguments: Arguments) -> Values:
    """`get_paginator` and `get_waiter`: an operation whose `.paginate` or `.wait` calls it."""
    catalogue = load_catalogue()
    out: set[Value] = set()
    if name in ("get_paginator", "get_waiter"):
        for given in constants(arguments.value(0, "operation_name") or arguments.value(0, "waiter_name")):
            found = (catalogue.operation if name == "get_paginator" else catalogue.waiter)(
                owner.service, given
            )
            if found is not None:
                role = "paginate" if name == "get_paginator" else "wait"
                out.add(Operation(owner.service, found, role=role))
    return frozenset(out) or FROM_RUN_TIME


def answer(callee: Operation, arguments: Arguments) -> Values:
    """What an operation answers, as far as later calls are about it: the address of a queue, the ARN of a topic."""
    if callee.operation in ("GetQueueUrl", "CreateQueue"):
        queue = arguments.named.get("QueueName", FROM_RUN_TIME)
        made = {one for one in callee.answer if isinstance(one, Resource)}
        if made:
            return frozenset(Resource(one.service, one.kind, (("Url", queue),)) for one in made)
        return frozenset({Mapping((("QueueUrl", queue),), NOTHING)})
    if callee.service == "sns" and callee.operation == "CreateTopic":
        topic = join(text("arn:aws:sns:*:*:"), arguments.named.get("Name", FROM_RUN_TIME))
        made = {one for one in callee.answer if isinstance(one, Resource)}
        if made:
            return frozenset(Resource(one.service, one.kind, (("Arn", topic),)) for one in made)
        return frozenset({Mapping((("TopicArn", topic),), NOTHING)})
    return callee.answer or frozenset({Made("answer")})
