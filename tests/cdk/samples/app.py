"""An app with every sort of function that the construct knows; the argument is where the assembly goes."""

from __future__ import annotations

import sys

import aws_cdk as cdk
from aws_cdk import aws_cloudfront, aws_cloudfront_origins, aws_ecr, aws_lambda, aws_s3, aws_s3_notifications
from aws_cdk import cloudformation_include as include

from dayfly.cdk import Dayfly

INLINE = aws_lambda.Code.from_inline("def handler(event, context):\n    return event\n")
ROLE = "arn:aws:iam::123456789012:role/function"
LAYER = "arn:aws:lambda:us-east-1:123456789012:layer:shared:"

app = cdk.App(outdir=sys.argv[1])
stack = cdk.Stack(app, "Shop", env=cdk.Environment(account="123456789012", region="us-east-1"))
wrapper = cdk.CfnParameter(stack, "Wrapper", default="/opt/other")


class Traced(aws_lambda.Function):
    """Somebody's own construct, as PythonFunction is one."""


def function(name, kind=aws_lambda.Function, runtime=aws_lambda.Runtime.PYTHON_3_12, **more):
    return kind(stack, name, runtime=runtime, handler="index.handler", code=INLINE, **more)


def shared(version):
    return aws_lambda.LayerVersion.from_layer_version_arn(stack, f"Shared{version}", f"{LAYER}{version}")


orders = function(
    "Orders",
    kind=Traced,
    environment={"STAGE": "test", "AWS_LAMBDA_EXEC_WRAPPER": wrapper.value_as_string},
    layers=[shared(1)],
)
aws_lambda.Alias(stack, "Live", alias_name="live", version=orders.current_version)
aws_lambda.Version(stack, "Frozen", lambda_=orders)
function("Carts", runtime=aws_lambda.Runtime.PYTHON_3_13)
function("Full", layers=[shared(version) for version in range(2, 7)])
function("Left")
aws_lambda.Function(
    stack,
    "Web",
    runtime=aws_lambda.Runtime.NODEJS_22_X,
    handler="index.handler",
    code=aws_lambda.Code.from_inline("exports.handler = () => 1"),
)
aws_lambda.DockerImageFunction(
    stack,
    "Image",
    code=aws_lambda.DockerImageCode.from_ecr(aws_ecr.Repository.from_repository_name(stack, "Images", "x")),
)
aws_lambda.Function.from_function_arn(
    stack, "Imported", "arn:aws:lambda:us-east-1:123456789012:function:other"
)
aws_lambda.SingletonFunction(
    stack, "Single", uuid="one", runtime=aws_lambda.Runtime.PYTHON_3_12, handler="index.handler", code=INLINE
)
aws_lambda.CfnFunction(
    stack,
    "Plain",
    code=aws_lambda.CfnFunction.CodeProperty(zip_file="x = 1"),
    role=ROLE,
    runtime="python3.13",
    handler="index.handler",
    layers=[f"{LAYER}9"],
    environment=aws_lambda.CfnFunction.EnvironmentProperty(
        variables={"MODE": "plain", "AWS_LAMBDA_EXEC_WRAPPER": wrapper.value_as_string}
    ),
)
cdk.CfnResource(
    stack,
    "Bare",
    type="AWS::Lambda::Function",
    properties={
        "Code": {"ZipFile": "x = 1"},
        "Role": ROLE,
        "Runtime": "python3.12",
        "Handler": "index.handler",
    },
)
edge = function("Edge")
aws_cloudfront.Distribution(
    stack,
    "Distribution",
    default_behavior=aws_cloudfront.BehaviorOptions(
        origin=aws_cloudfront_origins.HttpOrigin("example.com"),
        edge_lambdas=[
            aws_cloudfront.EdgeLambda(
                event_type=aws_cloudfront.LambdaEdgeEventType.VIEWER_REQUEST,
                function_version=edge.current_version,
            )
        ],
    ),
)
# Its helper is a function in Python that the CDK writes as a bare resource.
bucket = aws_s3.Bucket(stack, "Bucket")
bucket.add_event_notification(aws_s3.EventType.OBJECT_CREATED, aws_s3_notifications.LambdaDestination(orders))
include.CfnInclude(stack, "Old", template_file=sys.argv[2])

Dayfly.protect(app, isolation="window", settings={"max_age": "15m"}, skip=["*/Left/*"])
Dayfly.protect(stack, skip=["*/Left/*"])  # once more: nothing is added twice
elsewhere = cdk.Stack(app, "Elsewhere", env=cdk.Environment(account="123456789012", region="eu-west-1"))
aws_lambda.Function(
    elsewhere, "Late", runtime=aws_lambda.Runtime.PYTHON_3_12, handler="index.handler", code=INLINE
)

other = cdk.App(outdir=sys.argv[1] + "-layer")
given = cdk.Stack(other, "Given", env=cdk.Environment(account="123456789012", region="us-east-1"))
aws_lambda.Function(
    given, "One", runtime=aws_lambda.Runtime.PYTHON_3_12, handler="index.handler", code=INLINE
)
away = cdk.Stack(other, "Away", env=cdk.Environment(account="123456789012", region="eu-west-1"))
aws_lambda.Function(away, "One", runtime=aws_lambda.Runtime.PYTHON_3_12, handler="index.handler", code=INLINE)
Dayfly.protect(other, layer=f"{LAYER}7", guard="block")

app.synth()
other.synth()
