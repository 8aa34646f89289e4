"""Tells a handler by its look, where no template and nobody names it."""

from __future__ import annotations

import ast
import re
from typing import TYPE_CHECKING

from dayfly.scan.template.handlers import statements

if TYPE_CHECKING:
    from collections.abc import Iterator

# Names of AWS's, SAM's and the Serverless Framework's examples.
_NAMES = frozenset(
    {"handler", "lambda_handler", "main_handler", "app_handler", "event_handler", "lambdahandler", "handle"}
)
_EVENTS = re.compile(r"_*(?:lambda_?)?(?:event|evt|events|payload|request|record|input)(?:_data|_dict)?$")
_CONTEXTS = re.compile(r"_*(?:lambda_?|aws_?)?(?:context|ctx|ctxt)$|_+$|_*unused\w*$")
# Decorators of Powertools, Chalice and others that only handlers carry.
_DECORATORS = frozenset(
    {
        "inject_lambda_context", "capture_lambda_handler", "log_metrics", "event_source", "lambda_handler_decorator",
        "lambda_function", "on_s3_event", "on_sns_message", "on_sqs_message", "on_kinesis_record", "on_dynamodb_record",
        "on_cw_event", "schedule", "durable_execution", "idempotent", "event_parser", "datadog_lambda_wrapper",
        "xray_lambda", "lambda_wrapper", "serverless_function",
    }
)  # fmt: skip
# On their own these mark helpers as often as handlers.
_WEAK_DECORATORS = frozenset({"schedule", "idempotent", "event_parser"})
_TEST_PATH = re.compile(r"(?:^|/)(?:tests?|testing)/|(?:^|/)(?:test_[^/]*|[^/]*_test|conftest|setup)\.py$")
_Function = ast.FunctionDef | ast.AsyncFunctionDef


def is_test(path: str) -> bool:
    """Whether a file is of a test: what looks like a handler there is called by a test."""
    return _TEST_PATH.search(path.rpartition("!/")[2]) is not None


def handler_names(tree: ast.Module) -> tuple[str, ...]:
    """The names of a module that Lambda could have been told to call, in their order."""
    found: dict[str, bool] = {}
    for statement in statements(tree.body):
        if isinstance(statement, (ast.FunctionDef, ast.AsyncFunctionDef)):
            is_sure = statement.name.lower() in _NAMES or _is_decorated(statement)
            if _takes_two(statement) and (is_sure or _has_parameters(statement)):
                found[statement.name] = is_sure
        elif isinstance(statement, (ast.Assign, ast.AnnAssign)) and statement.value is not None:
            for name in _assigned(statement):
                if name.lower() in _NAMES and isinstance(
                    statement.value, (ast.Call, ast.Lambda, ast.Name, ast.Attribute)
                ):
                    found[name] = True
    if any(found.values()):
        # `def create(event, context)` beside a handler that calls it is its helper.
        called = _names_used(tree)
        return tuple(name for name, is_sure in found.items() if is_sure or name not in called)
    return tuple(found)


def _assigned(statement: ast.Assign | ast.AnnAssign) -> Iterator[str]:
    targets = statement.targets if isinstance(statement, ast.Assign) else [statement.target]
    for target in targets:
        if isinstance(target, ast.Name):
            yield target.id


def _takes_two(function: _Function) -> bool:
    """Whether Lambda can call it: with the event and the context, both by position."""
    arguments = function.args
    positional = [*arguments.posonlyargs, *arguments.args]
    required = len(positional) - len(arguments.defaults)
    needs_keyword = any(default is None for default in arguments.kw_defaults)
    is_enough = len(positional) >= 2 or arguments.vararg is not None
    return is_enough and required <= 2 and not needs_keyword


def _has_parameters(function: _Function) -> bool:
    names = [one.arg.lower() for one in [*function.args.posonlyargs, *function.args.args]]
    return len(names) >= 2 and bool(_EVENTS.match(names[0])) and bool(_CONTEXTS.match(names[1]))


def _is_decorated(function: _Function) -> bool:
    for decorator in function.decorator_list:
        node = decorator.func if isinstance(decorator, ast.Call) else decorator
        name = node.attr if isinstance(node, ast.Attribute) else node.id if isinstance(node, ast.Name) else ""
        if name in _DECORATORS - _WEAK_DECORATORS or (name in _WEAK_DECORATORS and _has_parameters(function)):
            return True
    return False


def _names_used(tree: ast.Module) -> frozenset[str]:
    return frozenset(
        node.id for node in ast.walk(tree) if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load)
    )
