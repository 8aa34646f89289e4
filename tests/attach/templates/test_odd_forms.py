"""Forms that few templates have: attached and given back byte for byte, or a gap that says why not."""

from __future__ import annotations

import pytest
from tests.attach.templates.samples import OPTIONS

from dayfly.attach.templates.model import Options
from dayfly.attach.templates.reading import parse

HEAD = "Transform: AWS::Serverless-2016-10-31\nResources:\n"
ARN = Options(layer="arn:aws:lambda:eu-west-1:123456789012:layer:dayfly:1")
VARIABLES = "      Environment:\n        Variables:\n"
FLOW = "  F: {Type: AWS::Serverless::Function, Properties: {Runtime: python3.12, Handler: a.b"


def function(rest: str = "") -> str:
    return (
        "  F:\n    Type: AWS::Serverless::Function\n    Properties:\n      Runtime: python3.12\n      Handler: a.h\n"
        "      CodeUri: a\n" + rest
    )


ATTACHED = {
    "an empty Environment": HEAD + function("      Environment:\n"),
    "empty Variables": HEAD + function(VARIABLES + "          # none\n      Timeout: 3\n"),
    "empty Layers": HEAD + function("      Layers:\n"),
    "empty Layers at the end": (HEAD + function("      Layers:\n")).rstrip("\n"),
    "Properties by an alias": HEAD
    + function().replace("Properties:", "Properties: &p")
    + "  G:\n    Type: AWS::Serverless::Function\n    Properties: *p\n",
    "variables merged from elsewhere": "Metadata:\n  v: &v\n    A: b\n    AWS_LAMBDA_EXEC_WRAPPER: /opt/x\n"
    + HEAD
    + function(VARIABLES + "          <<: *v\n"),
    "explicit keys": HEAD
    + function("      ? Environment\n      : Variables: {A: b}\n      ? Layers\n      :\n        - a\n"),
    "a standard tag": HEAD + function("      Environment: !!map\n        Variables:\n          A: b\n"),
    "an anchor on its own line": HEAD + function().replace("Properties:\n", "Properties:\n      &x\n"),
    "the end of the document": "%YAML 1.1\n---\n" + HEAD + function() + "...\n",
    "its type last": HEAD
    + "  F:\n    Properties:\n      Runtime: python3.12\n    Type: AWS::Serverless::Function",
    "one line": HEAD + FLOW + "}}",
    "comments in a flow": HEAD + FLOW + ", # c\n    Timeout: 3 # d\n    }\n    }\n",
    "a comma at the end of a flow": HEAD + FLOW + ",\n # end\n }, }\n",
    "an empty wrapper": HEAD + function(VARIABLES + "          AWS_LAMBDA_EXEC_WRAPPER: ''\n"),
    "a wrapper on several lines": HEAD
    + function(VARIABLES + "          AWS_LAMBDA_EXEC_WRAPPER: |-\n            /opt/z\n"),
    "a wrapper by a condition": HEAD
    + function(VARIABLES + "          AWS_LAMBDA_EXEC_WRAPPER: !If [A, /opt/z, !Ref AWS::NoValue]\n"),
    "a next wrapper alone": HEAD + function(VARIABLES + "          DAYFLY_NEXT_WRAPPER: /opt/y\n"),
    "a line separator in a comment": HEAD + function("      # a\u2028      Tags: {A: b}\n"),
    "a dash on its own line": HEAD
    + function("      Layers:\n        -\n          a\n        - \n          Ref: X\n"),
    "a comment that ends a list": HEAD + function("      Layers:\n        - a\n        # - b\n"),
    "keys that are no words": HEAD + function("      Environment: {Variables: {1: 2, true: x}}\n"),
    "loops in loops": HEAD
    + "  Fn::ForEach::A:\n    - I\n    - [x]\n    - Fn::ForEach::B:\n        - J\n        - [p]\n        - ${I}${J}:\n"
    "            Type: AWS::Serverless::Function\n            Properties: {Runtime: python3.12, Handler: a.b}\n",
    "tabs in what is JSON": "{\n\t"
    '"Transform": "AWS::Serverless-2016-10-31", "Resources": {\n\t\t"F": {"Type": '
    '"AWS::Serverless::Function", "Properties": {"Runtime": "python3.12"}}}}',
    "what looks like a note in a text": HEAD
    + function('      Description: "x\n        # dayfly-attach {\\"made\\": 1}\n        y"\n'),
    "a name beyond the plane": HEAD + function().replace("F:", "'F🚀':"),
}

GAPS = {
    "gets its Layers from": HEAD + function("      Layers: !Ref AWS::NoValue\n"),
    "gets its Environment from ~": HEAD + function("      Environment: ~\n"),
    "gets its Environment from a list": HEAD + function("      Environment: [a]\n"),
    "shares the part to edit with line 1": "Metadata: &e\n  Variables:\n    A: b\n"
    + HEAD
    + function("      Environment: *e\n"),
    "shares the part to edit with line 9": HEAD + function().replace("F:", "F: &f") + "  G: *f\n",
    "is written on several lines": HEAD
    + function(VARIABLES + "          DAYFLY_GUARD: >-\n            off\n"),
    "has an anchor": HEAD + function(VARIABLES + "          DAYFLY_GUARD: &g off\n          B: *g\n"),
    "AWS_LAMBDA_EXEC_WRAPPER is empty": HEAD + function(VARIABLES + "          AWS_LAMBDA_EXEC_WRAPPER:\n"),
    "two wrappers": HEAD
    + function(
        VARIABLES + "          DAYFLY_NEXT_WRAPPER: /opt/y\n          AWS_LAMBDA_EXEC_WRAPPER: /opt/z\n"
    ),
    "starts in the middle of a line": HEAD + FLOW + ", Environment: , Layers: }}\n",
    "layers in Globals": "Globals: {Function: {Layers: !If [a, [b], [c]]}}\n" + HEAD + function(),
    "Globals' Environment": "Globals: {Function: {Environment: !If [a, {}, {}]}}\n" + HEAD + function(),
    "more than Lambda allows": HEAD + function(VARIABLES + f"          A: {'x' * 4080}\n"),
    "its Metadata is not a mapping": HEAD + FLOW + "}, Metadata: !Ref X}\n",
    "not set in the template": HEAD + function().replace("python3.12", "[a]"),
    "functions in them cannot be read": HEAD
    + "  Fn::Transform: {Name: AWS::Include, Parameters: {Location: x}}\n",
    "Managed Instances": HEAD + function("      CapacityProviderConfig: {Arn: x}\n"),
}


@pytest.mark.parametrize("text", ATTACHED.values(), ids=ATTACHED.keys())
@pytest.mark.parametrize("options", [OPTIONS, ARN], ids=["resource", "published"])
def test_an_odd_form_is_attached_and_given_back(text: str, options: Options) -> None:
    edited = parse(text, "t.yaml").attach(options)
    assert edited.gaps == ()
    assert edited.changes
    attached = parse(edited.text, "t.yaml")
    assert attached.attach(options).text == edited.text
    assert attached.detach().text == text


@pytest.mark.parametrize(("reason", "text"), GAPS.items(), ids=GAPS.keys())
def test_what_cannot_be_edited_is_a_gap_and_stays(reason: str, text: str) -> None:
    template = parse(text, "t.yaml")
    edited = template.attach(OPTIONS)
    assert edited.text == text
    assert reason in edited.gaps[0].reason
    if reason != "has an anchor" and "several lines" not in reason and "shares" not in reason:
        assert any(one.gap is not None for one in template.functions())
