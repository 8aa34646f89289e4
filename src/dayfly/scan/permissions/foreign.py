"""What values that are not the project's own answer: boto3's sessions, clients and resources, texts, containers."""

from __future__ import annotations

import string
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from dayfly.scan.permissions.catalogue import load_catalogue
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

if TYPE_CHECKING:
    from collections.abc import Iterator

SESSIONS = frozenset(
    {
        "boto3", "boto3.Session", "boto3.session.Session", "boto3.session", "aioboto3", "aioboto3.Session",
        "aioboto3.session.Session", "botocore.session.get_session", "botocore.session.Session",
        "botocore.session", "aiobotocore.session.get_session", "aiobotocore.session.AioSession",
        "aiobotocore.get_session", "boto3._get_default_session", "aiobotocore.session",
    }
)  # fmt: skip
FOREIGN = Made("a client with other credentials")
# Methods of clients that are no operations: https://boto3.amazonaws.com/v1/documentation/api/latest/
TRANSFERS = frozenset(
    {"upload_file", "upload_fileobj", "download_file", "download_fileobj", "copy"}
)  # of S3 clients, buckets and objects
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
_SAME_TEXT = frozenset(
    [
        "strip",
        "rstrip",
        "lstrip",
        "encode",
        "decode",
        "removeprefix",
        "removesuffix",
        "rstrip",
        "title",
        "casefold",
        "expandtabs",
    ]
)
_PASSED_ON = frozenset(
    {
        "builtins.list", "builtins.tuple", "builtins.set", "builtins.frozenset", "builtins.sorted",
        "builtins.reversed", "builtins.iter", "builtins.dict", "copy.copy", "copy.deepcopy", "asyncio.run",
        "contextlib.closing", "contextlib.aclosing", "asyncio.wait_for", "asyncio.shield", "builtins.str",
        "builtins.vars",
    }
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Arguments:
    """What a call is given; `is_open` where it may be given more than is known."""

    positional: tuple[Values, ...] = ()
    named: dict[str, Values] = field(default_factory=dict)
    is_open: bool = False

    def value(self, position: int, name: str) -> Values:
        """An argument by position or name; empty where it is not given."""
        if name in self.named:
            return self.named[name]
        return self.positional[position] if position < len(self.positional) else NOTHING

    def all(self) -> Iterator[Values]:
        yield from self.positional
        yield from self.named.values()


def iterate(value: Value) -> Values:
    """What a loop over a value yields."""
    match value:
        case Sequence():
            return limited({one for values in value.items for one in values} | value.rest)
        case Mapping():
            keys = frozenset(Text((key,)) for key, _ in value.items)
            return keys or FROM_RUN_TIME
        case Collection():
            made = load_catalogue().resource(value.owner.service, value.owner.kind).get("m", {})[value.name]
            return frozenset({child(value.owner, made[2], ())})
        case Unknown(origin=Origin.EVENT):
            return FROM_EVENT
        case _:
            return FROM_RUN_TIME


def get_item(owner: Value, keys: Values) -> Values:
    """What `owner[key]` can be."""
    wanted = constants(keys)
    match owner:
        case Mapping():
            if not wanted:
                return limited({one for _, values in owner.items for one in values} | owner.rest)
            found = {one for key, values in owner.items if key in wanted for one in values}
            return limited(found) or owner.rest
        case Sequence():
            positions = [int(one) for one in wanted if one.lstrip("-").isdigit()]
            if positions and owner.items and not owner.rest:
                picked = [owner.items[p] for p in positions if -len(owner.items) <= p < len(owner.items)]
                return limited({one for values in picked for one in values})
            return iterate(owner)
        case Text():
            return frozenset({Text((Hole(Origin.RUN_TIME),))}) if owner.constant is None else FROM_RUN_TIME
        case Unknown():
            return frozenset({owner})
        case _:
            return FROM_RUN_TIME


def get_attribute(owner: Value, name: str) -> Values:
    """What `owner.name` can be, for values that are not the project's own."""
    match owner:
        case External():
            return frozenset({External(f"{owner.name}.{name}")})
        case Client():
            return _client_attribute(owner, name)
        case Resource():
            return _resource_attribute(owner, name)
        case Collection():
            return _collection_attribute(owner, name)
        case Method(owner=Resource(), name="meta") if name == "client":
            assert isinstance(owner.owner, Resource)
            return frozenset({Client(owner.owner.service)})
        case Unknown():
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
    if owner.service == "s3" and name in TRANSFERS:
        return frozenset({Operation("s3", "", role=name)})
    operation = load_catalogue().operation(owner.service, name)
    if operation is None:
        return NOTHING if owner.service else frozenset()
    return frozenset({Operation(owner.service, operation)})


def child(owner: Resource, made: object, given: tuple[Values, ...]) -> Resource:
    """The resource that a sub-resource, a collection or an action makes of another."""
    assert isinstance(made, list)
    kind, sources = made
    own = dict(owner.identifiers)
    identifiers = []
    rest = list(given)
    for target, source, origin in sources:
        if source == "=":
            values = own.get(origin, FROM_RUN_TIME)
        elif source == "?" and rest:
            values = rest.pop(0)
        else:
            values = FROM_RUN_TIME
        identifiers.append((target, values))
    return Resource(owner.service, kind, tuple(identifiers))


def _resource_attribute(owner: Resource, name: str) -> Values:
    data = load_catalogue().resource(owner.service, owner.kind)
    own = dict(owner.identifiers)
    for identifier, values in owner.identifiers:
        if _snake(identifier) == name:
            return values
    if owner.kind == "BatchWriter":
        if name not in ("put_item", "delete_item"):
            return FROM_RUN_TIME
        table = (("RequestItems", own.get("Name", FROM_RUN_TIME)),)
        return frozenset({Operation("dynamodb", "BatchWriteItem", table)})
    if owner.kind == "Table" and name in ("name", "table_name"):
        return own.get("Name", FROM_RUN_TIME)
    if name == "meta":
        return frozenset({Method(owner, "meta")})
    if name == "batch_writer" and owner.kind == "Table":
        return frozenset({Method(owner, name)})
    if owner.service == "s3" and name in TRANSFERS and owner.kind in ("Bucket", "Object"):
        preset = [("Bucket", own.get("Name", own.get("BucketName", FROM_RUN_TIME)))]
        if owner.kind == "Object":
            preset.append(("Key", own.get("Key", FROM_RUN_TIME)))
        return frozenset({Operation("s3", "", tuple(preset), role=name)})
    action = data.get("a", {}).get(name)
    if action is not None:
        return frozenset({_request(owner, action)})
    made = data.get("h", {}).get(name)
    if made is not None:
        needs_more = any(source == "?" for _, source, _ in made[1])  # type: ignore[attr-defined]
        return (
            frozenset({Method(owner, name)})
            if needs_more
            else frozenset({child(owner, made, ()), Method(owner, name)})
        )
    if name in data.get("m", {}):
        return frozenset({Collection(owner, name)})
    return FROM_RUN_TIME


def _request(owner: Resource, action: list[object]) -> Operation:
    operation, parameters, *more = action
    assert isinstance(operation, str)
    assert isinstance(parameters, dict)
    own = dict(owner.identifiers)
    preset = [(_path_root(target), own.get(name, FROM_RUN_TIME)) for target, name in parameters.items()]
    answer: set[Value] = set()
    for one in more:
        if isinstance(one, dict):
            preset.extend((_path_root(key), text(str(value))) for key, value in one.items())
        else:
            answer.add(child(owner, one, ()))
    return Operation(owner.service, operation, tuple(sorted(preset)), frozenset(answer))


def _path_root(target: str) -> str:
    return target.split("[", 1)[0].split(".", 1)[0]


def list_request(owner: Collection) -> Operation:
    """The operation that a collection calls when it is iterated."""
    data = load_catalogue().resource(owner.owner.service, owner.owner.kind)
    found = data.get("m", {})[owner.name]
    return _request(owner.owner, found[:2])


def _collection_attribute(owner: Collection, name: str) -> Values:
    if name in ("all", "filter", "limit", "page_size", "pages"):
        return frozenset({Method(owner, name)})
    data = load_catalogue().resource(owner.owner.service, owner.owner.kind)
    made = data.get("m", {})[owner.name][2]
    assert isinstance(made, list)
    batch = load_catalogue().resource(owner.owner.service, str(made[0])).get("b", {}).get(name)
    if batch is None:
        return FROM_RUN_TIME
    return frozenset({_request(child(owner.owner, made, ()), batch)})


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
            return _call_resource(owner, name, arguments)
        case Collection():
            return frozenset({owner})
        case Text():
            return _call_text(owner, name, arguments)
        case Mapping():
            return _call_mapping(owner, name, arguments)
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


def _call_resource(owner: Resource, name: str, arguments: Arguments) -> Values:
    if name == "batch_writer":
        return frozenset({Resource("dynamodb", "BatchWriter", owner.identifiers)})
    made = load_catalogue().resource(owner.service, owner.kind).get("h", {}).get(name)
    if made is None:
        return FROM_RUN_TIME
    given: list[Values] = list(arguments.positional)
    sources = made[1]
    assert isinstance(sources, list)
    wanted = [target for target, source, _ in sources if source == "?"]
    for position, target in enumerate(wanted):
        if position >= len(given):
            named = arguments.named.get(_snake(target), arguments.named.get(target))
            given.append(named if named is not None else FROM_RUN_TIME)
    return frozenset({child(owner, made, tuple(given))})


def _call_text(owner: Text, name: str, arguments: Arguments) -> Values:
    if name in _SAME_TEXT:
        constant = owner.constant
        given = constants(arguments.positional[0]) if arguments.positional else []
        if constant is not None and name in ("strip", "rstrip", "lstrip", "removeprefix", "removesuffix"):
            return text(getattr(constant, name)(*given[:1]))
        return frozenset({owner})
    if name in ("lower", "upper"):
        parts = tuple(getattr(part, name)() if isinstance(part, str) else part for part in owner.parts)
        return frozenset({Text(parts)})
    if name == "format" and owner.constant is not None:
        return _format(owner.constant, arguments)
    if name == "join" and arguments.positional and owner.constant is not None:
        out: set[Value] = set()
        for one in arguments.positional[0]:
            if not isinstance(one, Sequence) or one.rest or not one.items:
                return frozenset({Text((Hole(Origin.RUN_TIME),))})
            values = one.items[0]
            for item in one.items[1:]:
                values = join(join(values, text(owner.constant)), item)
            out |= values
        return limited(out)
    if name == "replace" and owner.constant is not None and len(arguments.positional) > 1:
        old, new = constants(arguments.positional[0]), constants(arguments.positional[1])
        if old and new:
            return text(owner.constant.replace(old[0], new[0]))
    if name in ("split", "rsplit", "partition", "rpartition", "splitlines"):
        separators = constants(arguments.positional[0]) if arguments.positional else []
        if owner.constant is not None and separators and separators[0] and name in ("split", "rsplit"):
            pieces = tuple(text(piece) for piece in owner.constant.split(separators[0]))
            return frozenset({Sequence(pieces, NOTHING)})
        # A reference of a template that is taken apart: its pieces are not known, but where they come from is.
        return frozenset({Sequence((), frozenset({Text((Hole(Origin.RUN_TIME),))}))})
    return frozenset({Text((Hole(Origin.RUN_TIME),))})


def _format(template: str, arguments: Arguments) -> Values:
    values = text("")
    position = 0
    try:
        pieces = list(string.Formatter().parse(template))
    except ValueError:
        return FROM_RUN_TIME
    for literal, name, _, _ in pieces:
        values = join(values, text(literal))
        if name is None:
            continue
        if name == "":
            found = arguments.value(position, "")
            position += 1
        elif name.isdigit():
            found = arguments.value(int(name), "")
        else:
            found = arguments.named.get(name, NOTHING)
        values = join(values, found or FROM_RUN_TIME)
    return values


def _call_mapping(owner: Mapping, name: str, arguments: Arguments) -> Values:
    if name in ("get", "pop", "setdefault"):
        found = get_item(owner, arguments.value(0, "key"))
        return limited({*found, *arguments.value(1, "default")})
    if name == "values":
        held = limited({one for _, values in owner.items for one in values} | owner.rest)
        return frozenset({Sequence((), held)})
    if name == "items":
        pairs = tuple(frozenset({Sequence((text(key), values), NOTHING)}) for key, values in owner.items)
        return frozenset({Sequence(pairs, NOTHING)})
    if name == "keys":
        return frozenset({Sequence(tuple(text(key) for key, _ in owner.items), NOTHING)})
    return frozenset({owner}) if name == "copy" else FROM_RUN_TIME


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


def _snake(name: str) -> str:
    return "".join(
        "_" + char.lower() if char.isupper() and i else char.lower() for i, char in enumerate(name)
    )
