"""Which resources refer to a function for a reason that nothing here knows: they may invoke it."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from dayfly.scan.template.draft import referred
from dayfly.scan.template.nodes import MappingNode, ScalarNode, SequenceNode, entries

if TYPE_CHECKING:
    from collections.abc import Iterator

    from dayfly.scan.template.nodes import Node

# Those that invoke nothing, invoke for an HTTP service, or grant what is read elsewhere (permissions, policies).
_HARMLESS = re.compile(
    r"AWS::(Lambda::(Url|Permission|Alias|Version|LayerVersion.*)|ApiGateway(V2)?::\w+|Serverless::(Api|HttpApi|WebSocketApi|Connector)"
    r"|(ElasticLoadBalancingV2|VpcLattice|CloudFront|IAM|ApplicationAutoScaling|CodeDeploy|WAFv2|Route53)::\w+|CloudWatch::Dashboard"
    r"|Logs::(LogGroup|MetricFilter|QueryDefinition)|SSM::Parameter|SQS::QueuePolicy|SNS::TopicPolicy|S3::BucketPolicy)"
    r"|aws_(lambda_(function_url|permission|alias|layer_version|provisioned_concurrency_config)|api_?gateway\w*|a?lb_?\w*|vpclattice_\w+"
    r"|cloudfront_\w+|iam_\w+|appautoscaling_\w+|codedeploy_\w+|wafv2_\w+|route53_\w+|cloudwatch_(dashboard|log_group|log_metric_filter)"
    r"|ssm_parameter|sqs_queue_policy|sns_topic_policy|s3_bucket_policy|s3_object|ecr_\w+)"
)
# Below these a function is looked at, named, or granted something.
_LOOKED_AT = frozenset(
    {"Dimensions", "Metrics", "Tags", "Description", "Policies", "PolicyDocument", "Role"}
    | {"dimensions", "metric_query", "tags", "description", "policy", "role", "depends_on", "triggers"}
)


def mentions(kind: str, properties: MappingNode) -> Iterator[ScalarNode]:
    """Every value of a resource of this type that refers to something and may be what is invoked."""
    if _HARMLESS.fullmatch(kind):
        return
    waiting: list[Node] = [properties]
    while waiting:
        one = waiting.pop()
        if isinstance(one, MappingNode):
            waiting += [value for key, value in one.entries.items() if key not in _LOOKED_AT]
        elif isinstance(one, SequenceNode):
            waiting += one.items
        elif referred(one.text):
            yield one


def sets_invocation_type(parameters: Node | None) -> bool:
    """Whether a REST API's integration may invoke asynchronously: AWS's guide, "Set up asynchronous invocation of the backend Lambda function"."""
    return any(key.lower().endswith("x-amz-invocation-type") for key, _ in entries(parameters))
