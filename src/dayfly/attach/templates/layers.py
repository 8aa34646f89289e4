"""Which layer a SAM or CloudFormation template's functions get: a published one, or a resource over the built zip."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from dayfly.attach.templates.intrinsics import call_of, shown
from dayfly.attach.templates.model import (
    ARN,
    BUCKET,
    Kind,
    LayerUse,
    LayerZip,
    Options,
    TemplateError,
    local_zip,
    zip_for,
)
from dayfly.attach.templates.nodes import Document, Mapping, Scalar, get, text_of
from dayfly.attach.templates.record import Record, digest
from dayfly.attach.templates.stack import FUNCTION, Function, resources
from dayfly.attach.templates.values import Ref, Value, as_json_value

NAME = "DayflyLayer"
LAYER_TYPES = ("AWS::Lambda::LayerVersion", "AWS::Serverless::LayerVersion")


@dataclass(frozen=True, slots=True)
class Layer:
    """What functions refer to, and the resource to add for it: its name and properties, or None.

    `zip` is the file beside the template that the resource is made of, None where there is none.
    """

    value: Value
    name: str = ""
    resource: dict[str, Value] | None = None
    zip: LayerZip | None = None

    @property
    def record(self) -> Record:
        return Record(resource=digest(as_json_value(self.resource or {})))


def choose_layer(
    document: Document, kind: Kind, options: Options, runtimes: Sequence[str], *, suffix: str = ""
) -> Layer:
    """The layer that `options` ask for; raises TemplateError for words that mean none.

    `suffix` is part of a new resource's name, where there are several.
    """
    asked = options.layer
    if ARN.match(asked):
        return Layer(asked)
    if asked.startswith("arn:"):
        raise TemplateError(
            f"--layer {asked} is not the ARN of a layer version",
            hint="use an ARN that ends with :layer:NAME:VERSION, as `dayfly layer publish` prints it",
        )
    bucket = BUCKET.match(asked)
    if asked and bucket is None:
        return Layer(_named(document, asked))
    return _resource(document, kind, bucket, runtimes, NAME + suffix.capitalize())


def layer_uses(function: Function) -> tuple[LayerUse, ...]:
    """What a function's layers are, as far as the template says."""
    found: list[LayerUse] = []
    for node in function.layers():
        call = call_of(node)
        name = call[1].text if call is not None and call[0] == "Ref" and isinstance(call[1], Scalar) else ""
        resource = get(function.document.root, "Resources", name) if name else None
        is_layer = text_of(get(resource, "Type")) in LAYER_TYPES
        places = [get(resource, "Properties", key) for key in ("ContentUri", "Content")] if is_layer else []
        paths = [local_zip(place.text) for place in places if isinstance(place, Scalar) and not place.tag]
        found.append(LayerUse(name or shown(node), next(iter(paths), "")))
    return tuple(found)


def is_uploaded(document: Document) -> bool:
    """Whether the template's tool uploads local files: some resource's code is a path already."""
    for _, resource in resources(document):
        if text_of(get(resource, "Type")) in (FUNCTION, LAYER_TYPES[0]):
            for key in ("Code", "Content"):
                code = get(resource, "Properties", key)
                if isinstance(code, Scalar) and text_of(code) and not code.text.startswith("s3://"):
                    return True
    return False


def _named(document: Document, name: str) -> Value:
    kind = text_of(get(document.root, "Resources", name, "Type"))
    if get(document.root, "Parameters", name) is not None or kind in LAYER_TYPES:
        return Ref(name)
    raise TemplateError(
        f"--layer {name[:80]}: {document.path} has no parameter or layer with this name",
        hint="give the ARN of a published version, s3://BUCKET/KEY, or the name of a parameter that holds the ARN",
    )


def _resource(
    document: Document, kind: Kind, bucket: re.Match[str] | None, runtimes: Sequence[str], wanted: str
) -> Layer:
    section = get(document.root, "Resources")
    taken = section.effective() if isinstance(section, Mapping) else {}
    name, number = wanted, 1
    while name in taken or get(document.root, "Parameters", name) is not None:
        number += 1
        name = f"{wanted}V{number}" if wanted != NAME else f"{NAME}{number}"
    properties: dict[str, Value] = {"Description": "Dayfly", "CompatibleRuntimes": sorted(runtimes)}
    zipped = None if bucket else zip_for(runtimes)
    where: Value = f"./{zipped.name}" if zipped is not None else ""
    if kind is Kind.SAM:
        # SAM keeps every version unless told otherwise; functions that use one may go on when it is deleted.
        # https://docs.aws.amazon.com/serverless-application-model/latest/developerguide/sam-resource-layerversion.html
        where = bucket[0] if bucket else where
        properties = {"ContentUri": where, **properties, "RetentionPolicy": "Delete"}
        return Layer(Ref(name), name, {"Type": LAYER_TYPES[1], "Properties": properties}, zipped)
    if bucket:
        where = {"S3Bucket": bucket[1], "S3Key": bucket[2]}
    properties = {"Content": where, **properties}
    return Layer(Ref(name), name, {"Type": LAYER_TYPES[0], "Properties": properties}, zipped)
