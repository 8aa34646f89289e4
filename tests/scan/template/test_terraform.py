"""Functions of Terraform's files: expressions, roles, what invokes them, modules."""

from __future__ import annotations

import json

import pytest
from tests.scan.template.making import project_of

from dayfly.scan.model import NoteKind
from dayfly.scan.template.model import LambdaFunction, Template, Trigger, Unresolved
from dayfly.scan.template.reading import read_templates

FUNCTION = """
resource "aws_lambda_function" "f" {
  function_name = "orders"
  handler       = "app.handler"
  runtime       = "python3.12"
  role          = aws_iam_role.r.arn
  filename      = "build/app.zip"
  %s
}
"""


def _template(text: str) -> Template:
    (template,) = read_templates(project_of({"main.tf": text}))
    return template


def _function(settings: str = "", rest: str = "") -> LambdaFunction:
    (function,) = _template(FUNCTION % settings + rest).functions
    return function


@pytest.mark.parametrize(
    ("written", "value"),
    [
        ('"plain"', "plain"),
        ("var.name", "orders"),
        ('"${var.name}-x"', "orders-x"),
        ("local.joined", "a-b"),
        ('local.map["k"]', "v"),
        ("local.map.k", "v"),
        ("local.list[1]", "b"),
        ("true ? 1 : 2", "1"),
        ('var.name == "orders" ? "yes" : "no"', "yes"),
        ('format("%s-%s", var.name, "z")', "orders-z"),
        ("upper(var.name)", "ORDERS"),
        ('lookup(local.map, "none", "d")', "d"),
        ('replace(var.name, "s", "")', "order"),
        ("tostring(3)", "3"),
        ("coalesce(null, var.name)", "orders"),
        ("merge(local.map, {k = 1}).k", "1"),
        ("(var.name)", "orders"),
        ('"\\"quoted\\""', '"quoted"'),
        ('"$${literal}"', "${literal}"),
        ("var.typed", "t"),
    ],
)
def test_expressions_that_the_files_decide(written: str, value: str) -> None:
    rest = """
variable "name" { default = "orders" }
variable "typed" {
  type    = string
  default = "t"
}
locals {
  list   = ["a", "b"]
  joined = join("-", local.list)
  map    = { k = "v" }
}
"""
    function = _function(f"environment {{\n    variables = {{ V = {written} }}\n  }}", rest)
    assert function.environment["V"] == value


@pytest.mark.parametrize(
    ("written", "expression"),
    [
        ("var.stage", "${var.stage}"),
        ("aws_dynamodb_table.t.name", "${aws_dynamodb_table.t.name}"),
        ("aws_dynamodb_table.t[0].name", "${aws_dynamodb_table.t.name}"),
        ('"x-${aws_dynamodb_table.t.name}"', "x-${aws_dynamodb_table.t.name}"),
        ("module.m.out", "${module.m.out}"),
        ("data.aws_region.current.name", "${data.aws_region.current.name}"),
        ("local.loop", "${local.loop}"),
        ("terraform.workspace", "${terraform.workspace}"),
        ('var.stage == "x" ? "a" : "b"', "${either a or b}"),
        ("uuid()", "${uuid()}"),
    ],
)
def test_expressions_that_only_a_deployment_knows(written: str, expression: str) -> None:
    rest = 'variable "stage" {}\nlocals {\n  loop = local.back\n  back = local.loop\n}\n'
    value = _function(f"environment {{\n    variables = {{ V = {written} }}\n  }}", rest).environment["V"]
    assert isinstance(value, Unresolved)
    assert value.expression == expression


ROLE = """
resource "aws_iam_role" "r" {
  name                = "orders-role"
  managed_policy_arns = ["arn:aws:iam::aws:policy/AmazonS3FullAccess"]
}
"""


@pytest.mark.parametrize(
    "policy",
    [
        (
            'resource "aws_iam_role_policy" "p" {\n  role = aws_iam_role.r.id\n  policy = jsonencode({ Statement = [{ Effect = "Allow", '
            'Action = "s3:*", Resource = aws_s3_bucket.b.arn }] })\n}\n'
        ),
        (
            'resource "aws_iam_role_policy" "p" {\n  role = "orders-role"\n  policy = <<EOF\n{"Statement": [{"Effect": "Allow", "Action": '
            '"s3:*", "Resource": "${aws_s3_bucket.b.arn}"}]}\nEOF\n}\n'
        ),
        (
            'data "aws_iam_policy_document" "d" {\n  statement {\n    actions = ["s3:*"]\n    resources = [aws_s3_bucket.b.arn]\n  }\n}\n'
            'resource "aws_iam_policy" "p" {\n  policy = data.aws_iam_policy_document.d.json\n}\n'
            'resource "aws_iam_role_policy_attachment" "a" {\n  role = aws_iam_role.r.name\n  policy_arn = aws_iam_policy.p.arn\n}\n'
        ),
        (
            'locals {\n  doc = { Statement = [{ Effect = "Allow", Action = ["s3:*"], Resource = "${aws_s3_bucket.b.arn}" }] }\n}\n'
            'resource "aws_iam_role_policy" "p" {\n  role = aws_iam_role.r.name\n  policy = jsonencode(local.doc)\n}\n'
        ),
    ],
)
def test_policies_of_every_form(policy: str) -> None:
    function = _function("", ROLE + policy)
    assert function.statements is not None
    (statement,) = function.statements
    assert (statement.actions, statement.resources) == (("s3:*",), ("${aws_s3_bucket.b.arn}",))
    assert [one.expression for one in function.unresolved_policies] == [
        "arn:aws:iam::aws:policy/AmazonS3FullAccess"
    ]


def test_conditions_and_principals_of_documents() -> None:
    text = """
data "aws_iam_policy_document" "d" {
  statement {
    actions = ["sqs:SendMessage"]
    principals {
      type        = "AWS"
      identifiers = ["*"]
    }
    condition {
      test     = "ArnEquals"
      variable = "aws:SourceArn"
      values   = ["x"]
    }
  }
}
resource "aws_sqs_queue_policy" "p" {
  queue_url = aws_sqs_queue.q.id
  policy    = data.aws_iam_policy_document.d.json
}
"""
    ((statement,),) = _template(text).resource_policies.values()
    assert statement.principals == ("*",)
    assert statement.conditions == ("aws:sourcearn",)


@pytest.mark.parametrize(
    ("resource", "trigger"),
    [
        ('"aws_lambda_event_source_mapping" "x" { \n event_source_arn = aws_sqs_queue.q.arn \n function_name = aws_lambda_function.f.arn }', Trigger.SQS),
        ('"aws_lambda_function_url" "x" { \n function_name = aws_lambda_function.f.function_name \n authorization_type = "NONE" }', Trigger.FUNCTION_URL),
        ('"aws_s3_bucket_notification" "x" { \n lambda_function { \n lambda_function_arn = aws_lambda_function.f.arn } \n }', Trigger.S3),
        ('"aws_sns_topic_subscription" "x" { \n protocol = "lambda" \n endpoint = aws_lambda_function.f.arn }', Trigger.SNS),
        ('"aws_cloudwatch_event_target" "x" { \n rule = aws_cloudwatch_event_rule.daily.name \n arn = aws_lambda_function.f.arn }', Trigger.SCHEDULE),
        ('"aws_cloudwatch_event_target" "x" { \n rule = "other" \n arn = aws_lambda_function.f.arn }', Trigger.EVENTBRIDGE),
        ('"aws_api_gateway_integration" "x" { \n uri = aws_lambda_function.f.invoke_arn }', Trigger.API_V1),
        ('"aws_apigatewayv2_integration" "x" { \n integration_uri = aws_lambda_function.f.invoke_arn }', Trigger.API_V2),
        ('"aws_lb_target_group_attachment" "x" { \n target_id = aws_lambda_function.f.arn }', Trigger.ALB),
        ('"aws_cognito_user_pool" "x" { \n lambda_config { \n pre_sign_up = aws_lambda_function.f.arn } \n }', Trigger.COGNITO),
        ('"aws_sfn_state_machine" "x" { \n definition = jsonencode({ Resource = aws_lambda_function.f.arn }) }', Trigger.STEP_FUNCTIONS),
        ('"aws_lambda_permission" "x" { \n function_name = "orders" \n principal = "iot.amazonaws.com" }', Trigger.IOT),
    ],
)  # fmt: skip
def test_resources_that_invoke_a_function(resource: str, trigger: Trigger) -> None:
    rest = (
        'resource "aws_sqs_queue" "q" {}\nresource "aws_cloudwatch_event_rule" "daily" {\n  schedule_expression = "rate(1 day)"\n}\n'
        f"resource {resource}\n"
    )
    assert _function("", rest).triggers == (trigger,)


@pytest.mark.parametrize(
    ("filename", "code"),
    [
        ('filename = "app.zip"', "infra/app.zip"),
        ('filename = "${path.module}/../app.zip"', "app.zip"),
        ("filename = data.archive_file.a.output_path", "src"),
        ('filename = "../../outside.zip"', None),
        ("filename = var.package", None),
        ('s3_bucket = "b"', None),
    ],
)
def test_where_the_code_lies(filename: str, code: str | None) -> None:
    text = (
        f'resource "aws_lambda_function" "f" {{\n  handler = "app.handler"\n  {filename}\n}}\n'
        'data "archive_file" "a" {\n  source_dir = "${path.module}/../src"\n  output_path = "x.zip"\n}\n'
    )
    (template,) = read_templates(project_of({"infra/main.tf": text}))
    assert template.functions[0].code == code


def test_a_local_module_gets_its_one_callers_arguments() -> None:
    files = {
        "main.tf": 'module "m" {\n  source = "./modules/fn"\n  entry = "app.handler"\n  folder = "${path.module}/src"\n}\n',
        "modules/fn/main.tf": (
            'variable "entry" {}\nvariable "folder" {}\ndata "archive_file" "a" {\n  source_dir = var.folder\n  output_path = "a.zip"\n}\n'
            'resource "aws_lambda_function" "f" {\n  handler = var.entry\n  filename = data.archive_file.a.output_path\n}\n'
        ),
    }
    (function,) = [one for template in read_templates(project_of(files)) for one in template.functions]
    assert (function.handler, function.code) == ("app.handler", "src")


def test_the_registrys_module() -> None:
    text = """
module "orders" {
  source                     = "terraform-aws-modules/lambda/aws"
  handler                    = "app.handler"
  runtime                    = "python3.13"
  source_path                = "src"
  environment_variables      = { A = "b" }
  create_lambda_function_url = true
  policy_statements = {
    s3 = { effect = "Allow", actions = ["s3:GetObject"], resources = ["*"] }
  }
}
"""
    (function,) = _template(text).functions
    assert (function.name, function.code, function.url_auth, function.environment["A"]) == (
        "orders",
        "src",
        "NONE",
        "b",
    )
    assert function.statements is not None
    assert function.statements[0].actions == ("s3:GetObject",)


def test_the_registrys_module_and_what_invokes_it() -> None:
    text = """
module "orders" {
  source  = "terraform-aws-modules/lambda/aws"
  handler = "app.handler"
  allowed_triggers = {
    rule  = { principal = "events.amazonaws.com", source_arn = aws_cloudwatch_event_rule.r.arn }
    alexa = { principal = "alexa-appkit.amazon.com" }
    api   = { service = "apigateway", source_arn = "${aws_apigatewayv2_api.a.execution_arn}/*/*" }
  }
  event_source_mapping = {
    queue = { event_source_arn = aws_sqs_queue.q.arn }
  }
}
resource "aws_sqs_queue" "q" {}
resource "aws_apigatewayv2_api" "a" {}
"""
    (function,) = _template(text).functions
    assert set(function.triggers) == {Trigger.EVENTBRIDGE, Trigger.ALEXA, Trigger.API_V2, Trigger.SQS}
    assert [one.conditions for one in function.resource_policy] == [
        ("aws:sourcearn",),
        (),
        ("aws:sourcearn",),
    ]


def test_a_module_of_elsewhere_is_named() -> None:
    project = project_of({"main.tf": 'module "m" {\n  source = "example/lambda/aws"\n  handler = "x.y"\n}\n'})
    assert read_templates(project) == ()
    assert [note.kind for note in project.notes] == [NoteKind.NOT_RESOLVED]


def test_the_json_form() -> None:
    body = {
        "variable": {"name": {"default": "orders"}},
        "resource": {
            "aws_lambda_function": {
                "f": {
                    "handler": "app.handler",
                    "environment": {"variables": {"N": "${var.name}", "T": "${aws_sqs_queue.q.url}"}},
                }
            }
        },
    }
    (template,) = read_templates(project_of({"main.tf.json": json.dumps(body)}))
    environment = template.functions[0].environment
    assert environment["N"] == "orders"
    assert isinstance(environment["T"], Unresolved)


def test_dynamic_blocks_count_as_blocks() -> None:
    assert _function(
        'dynamic "dead_letter_config" {\n    for_each = [1]\n    content {\n      target_arn = "x"\n    }\n  }'
    ).has_dead_letter


def test_a_resource_that_is_counted_to_nothing_is_not_there() -> None:
    assert _template(FUNCTION % "count = 0" + ROLE).functions == ()


def test_places_are_lines_of_the_file() -> None:
    function = _function('environment {\n    variables = {\n      A = "b"\n    }\n  }')
    assert (function.place.line, function.environment_places["A"].line, function.places["runtime"].line) == (
        1,
        9,
        4,
    )


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ('resource "x" {', NoteKind.NOT_ANALYSABLE),
        ("a = ${", NoteKind.NOT_ANALYSABLE),
        ("\x00", NoteKind.NOT_ANALYSABLE),
        ("a = <<EOF\n" + "\n" * 10_000, NoteKind.BOUNDED),
        ("#" * 1_000_001, NoteKind.BOUNDED),
    ],
)
def test_broken_files_end_in_a_note(text: str, kind: NoteKind) -> None:
    project = project_of({})
    project.others["main.tf"] = lambda: text.encode()
    read_templates(project)
    assert [note.kind for note in project.notes] == [kind]


@pytest.mark.parametrize(
    "text",
    [
        "locals {\n  a = "
        + "[" * 3_000
        + "]" * 3_000
        + '\n}\nresource "aws_lambda_function" "f" {\n  handler = local.a\n}\n',
        "locals {\n  l0 = [1, 2]\n"
        + "".join(f"  l{i} = concat(local.l{i - 1}, local.l{i - 1})\n" for i in range(1, 60))
        + "}\n"
        'resource "aws_lambda_function" "f" {\n  layers = local.l59\n}\n',
        'locals {\n  l0 = "xxxxxxxxxx"\n'
        + "".join(f'  l{i} = "${{local.l{i - 1}}}${{local.l{i - 1}}}"\n' for i in range(1, 60))
        + "}\n"
        'resource "aws_lambda_function" "f" {\n  handler = local.l59\n}\n',
        'module "a" {\n  source = "."\n}\n',
    ],
    ids=["deep", "lists that double", "texts that double", "a module of itself"],
)
def test_bombs_end(text: str) -> None:
    read_templates(project_of({"main.tf": text}))


def test_each_element_of_a_known_for_each_is_a_function() -> None:
    text = """
locals {
  functions = { a = { entry = "a.handler" }, b = { entry = "b.handler" } }
}
resource "aws_lambda_function" "f" {
  for_each      = local.functions
  function_name = "${each.key}-fn"
  handler       = each.value.entry
}
resource "aws_lambda_function_url" "u" {
  for_each           = local.functions
  function_name      = aws_lambda_function.f[each.key].function_name
  authorization_type = "NONE"
}
"""
    functions = _template(text).functions
    assert [(one.name, one.handler, one.url_auth) for one in functions] == [
        ("f[a]", "a.handler", "NONE"),
        ("f[b]", "b.handler", "NONE"),
    ]


def test_a_for_each_that_is_not_known_is_one_function() -> None:
    (function,) = _template(
        'resource "aws_lambda_function" "f" {\n  for_each = var.all\n  handler = each.value\n}\n'
    ).functions
    assert isinstance(function.handler, Unresolved)


@pytest.mark.parametrize(
    ("version", "layer"), [("", "layer:shared"), ("  version = 3\n", "data.aws_lambda_layer_version.l")]
)
def test_a_layer_that_is_looked_up_by_its_name(version: str, layer: str) -> None:
    rest = f'data "aws_lambda_layer_version" "l" {{\n  layer_name = "shared"\n{version}}}\n'
    (found,) = _function("layers = [data.aws_lambda_layer_version.l.arn]", rest).layers
    assert isinstance(found, Unresolved)
    assert layer in found.expression


def test_syntax_that_real_files_have() -> None:
    text = """
terraform {
  required_providers { aws = { source = "hashicorp/aws", version = "~> 5.0" } }
}
// a comment
/* over
   lines */
locals {
  long = var.x != "" ? (
    "yes"
  ) : "no"
  directive = "%{ if var.x == "y" }yes%{ else }no%{ endif }"
}
variable "x" { default = "y" }
resource "aws_lambda_function" "f" {
  environment {
    variables = {
      ALL     = join(",", aws_sqs_queue.q[*].arn)
      OWN     = provider::aws::arn_parse("x")
      LONG    = local.long
      "quoted-key" = true
      (var.x) = "dynamic"
    }
  }
  tags = merge({ a = 1 }, { Name = "x" },)
  lifecycle { ignore_changes = [tags] }
}
"""
    for written in (text, text.replace("\n", "\r\n")):
        environment = _template(written).functions[0].environment
        assert (environment["LONG"], environment["quoted-key"], environment["y"]) == (
            "yes",
            "true",
            "dynamic",
        )
        assert isinstance(environment["ALL"], Unresolved)
