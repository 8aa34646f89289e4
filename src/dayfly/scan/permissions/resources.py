"""Resources of boto3 and collections of them: what their attributes and methods are, and which operations they call."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dayfly.scan.permissions.catalogue import load_catalogue
from dayfly.scan.permissions.values import (
    FROM_RUN_TIME,
    Collection,
    Method,
    Operation,
    Resource,
    Value,
    Values,
    text,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    from dayfly.scan.permissions.containers import Arguments

# Methods of clients that are no operations: https://boto3.amazonaws.com/v1/documentation/api/latest/
TRANSFERS = frozenset(
    {"upload_file", "upload_fileobj", "download_file", "download_fileobj", "copy"}
)  # of S3 clients, buckets and objects


def resource_attribute(owner: Resource, name: str) -> Values:
    """What an attribute of a resource can be."""
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


def _list_request(owner: Collection) -> Operation:
    """The operation that a collection calls when it is iterated."""
    data = load_catalogue().resource(owner.owner.service, owner.owner.kind)
    found = data.get("m", {})[owner.name]
    return _request(owner.owner, found[:2])


def collection_attribute(owner: Collection, name: str) -> Values:
    """What an attribute of a collection can be: a narrower collection, or an operation on all of it."""
    if name in ("all", "filter", "limit", "page_size", "pages"):
        return frozenset({Method(owner, name)})
    data = load_catalogue().resource(owner.owner.service, owner.owner.kind)
    made = data.get("m", {})[owner.name][2]
    assert isinstance(made, list)
    batch = load_catalogue().resource(owner.owner.service, str(made[0])).get("b", {}).get(name)
    if batch is None:
        return FROM_RUN_TIME
    return frozenset({_request(child(owner.owner, made, ()), batch)})


def call_resource(owner: Resource, name: str, arguments: Arguments) -> Values:
    """The resource that a method makes of another and of what it is given."""
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


def find_requests(owner: Resource, name: str) -> Iterator[Operation]:
    """Operations that looking at `owner.name` calls: a collection is asked for, an attribute that is not known is fetched."""
    data = load_catalogue().resource(owner.service, owner.kind)
    if name in data.get("m", {}):
        yield _list_request(Collection(owner, name))
    elif not owner.is_loaded and name in data.get("t", ()) and "load" in data.get("a", {}):
        is_known = any(name == _snake(identifier) for identifier, _ in owner.identifiers)
        if not is_known and name not in ("table_name", "name"):
            for value in resource_attribute(owner, "load"):
                if isinstance(value, Operation):
                    yield value


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


def element(owner: Collection) -> Resource:
    """The resource that iterating a collection yields."""
    made = load_catalogue().resource(owner.owner.service, owner.owner.kind).get("m", {})[owner.name]
    found = child(owner.owner, made[2], ())
    return Resource(found.service, found.kind, found.identifiers, is_loaded=True)


def _snake(name: str) -> str:
    return "".join(
        "_" + char.lower() if char.isupper() and i else char.lower() for i, char in enumerate(name)
    )
