"""Puts Dayfly on every Python function of a CDK app: `Dayfly.protect(app)`."""

from __future__ import annotations

import fnmatch
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from dayfly.attach.build import BuiltLayer, build_layer
from dayfly.attach.templates.resolved import Attached, Unprotected, Wanted, capitalised, decide, references
from dayfly.attach.wrappers import check_settings, parse_settings
from dayfly.errors import DayflyError, MissingExtraError

try:
    import aws_cdk
    import jsii
    from aws_cdk import aws_cloudfront, aws_lambda
    from constructs import IConstruct
except ImportError as error:
    raise MissingExtraError(
        "dayfly.cdk needs aws-cdk-lib, which is not installed: pip install 'dayfly[cdk]'",
        hint="pip install 'dayfly[cdk]'",
    ) from error
except (OSError, AttributeError) as error:
    # jsii starts Node.js when it is imported, and fails so where there is none.
    raise MissingExtraError(
        "dayfly.cdk needs Node.js, like every CDK app in Python: install a release that the CDK supports",
        hint="https://docs.aws.amazon.com/cdk/v2/guide/getting-started.html",
    ) from error

_FUNCTIONS = frozenset({"AWS::Lambda::Function", "AWS::Serverless::Function"})
# After aspects that change things (200) and those without a priority (500), which may add wrappers and layers of their
# own; before those that only look (1000).
_PRIORITY = 900
_EDGE = (
    "runs at CloudFront's edge (Lambda@Edge), where functions have neither layers nor variables: "
    "https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/lambda-at-edge-function-restrictions.html"
)


@jsii.implements(aws_cdk.IAspect)
class Dayfly:
    """An aspect that gives every Python function in a scope Dayfly's layer and variables.

    What is not protected is told as an annotation where it stands: `cdk synth` shows it, `cdk synth --strict` fails.
    Functions in other languages and imported ones get an information, no warning. A function that has Dayfly already
    stays as it is, so of two aspects the outer one counts.
    """

    def __init__(
        self,
        *,
        layer: str | aws_lambda.ILayerVersion | None = None,
        isolation: str | None = None,
        guard: str | None = None,
        settings: Mapping[str, str] | None = None,
        skip: Sequence[str] = (),
    ) -> None:
        words = [f"{name}={value}" for name, value in (settings or {}).items()]
        words += [f"isolation={isolation}"] if isolation is not None else []
        words += [f"guard={guard}"] if guard is not None else []
        self._layer = layer
        self._settings = parse_settings(words)
        self._skip = tuple(skip)
        self._survey: _Survey | None = None
        self._built: dict[str, BuiltLayer] = {}
        check_settings(self._settings, beside={})  # a wrong setting fails here, not at a function

    @classmethod
    def protect(
        cls,
        scope: IConstruct,
        *,
        layer: str | aws_lambda.ILayerVersion | None = None,
        isolation: str | None = None,
        guard: str | None = None,
        settings: Mapping[str, str] | None = None,
        skip: Sequence[str] = (),
    ) -> Dayfly:
        """Protect every Python function below `scope`: an app, a stage, a stack or one function.

        Without `layer` (an ARN, or a LayerVersion) one is built for each Python in use and published by the stack that
        needs it. `settings` are Dayfly's own, as {"max_age": "15m"}; `skip` has patterns of construct paths to leave
        alone, as "*/Migrations/*". Raises SettingError for a wrong setting. What the app adds later is protected, too.

            Dayfly.protect(app)
            Dayfly.protect(app, isolation="window", guard="block", settings={"max_age": "15m"})
        """
        aspect = cls(layer=layer, isolation=isolation, guard=guard, settings=settings, skip=skip)
        aws_cdk.Aspects.of(scope).add(aspect, priority=_PRIORITY)
        return aspect

    def visit(self, node: IConstruct) -> None:
        """Protect the construct if it is a function; the CDK calls this."""
        if isinstance(node, aws_cdk.CfnResource):
            if node.cfn_resource_type in _FUNCTIONS:
                self._visit_function(node)
        elif (
            isinstance(node, aws_lambda.FunctionBase)
            and not isinstance(node, aws_lambda.SingletonFunction)  # it lies elsewhere in its stack
            and node.node.default_child is None
        ):
            _tell(node, Unprotected("is imported: attach Dayfly where it is defined", is_harmless=True))

    def _visit_function(self, resource: aws_cdk.CfnResource) -> None:
        path = str(resource.node.path)
        if any(fnmatch.fnmatchcase(path, pattern) for pattern in self._skip):
            _tell(resource, Unprotected("is skipped (`skip`)", is_harmless=True))
            return
        stack = aws_cdk.Stack.of(resource)
        place = (str(stack.node.addr), str(stack.resolve(resource.logical_id)))
        if self._survey is None:
            self._survey = _survey(resource.node.root)
        if place in self._survey.edges or str(stack.node.id).startswith("edge-lambda-stack-"):
            _tell(resource, Unprotected(_EDGE))
            return
        wanted = decide(
            capitalised(stack.resolve(resource._cfn_properties)),
            self._settings,
            region=_known(stack.region),
            layer=_known(self._layer) if isinstance(self._layer, str) else "",
            is_signed=self._layer is not None,
            as_text=aws_cdk.Token.as_string,
        )
        if isinstance(wanted, Unprotected):
            _tell(resource, wanted)
            return
        if isinstance(wanted, Attached):
            return
        for note in wanted.notes:
            _note(resource, f"{note.tool}: {note.text}", is_warning=note.weight != "note")
        for version in self._survey.fixed.get(place, ()):
            _note(
                resource,
                f"{version} is a separate Version resource: it publishes nothing when only layers or "
                "variables change, so that version stays without Dayfly. Use the function's current_version",
            )
        try:
            layer = self._layer_of(wanted.python, stack)
        except DayflyError as error:
            aws_cdk.Annotations.of(resource).add_error(f"Dayfly: {error.message}; {error.hint}")
            return
        _put_on(resource, layer, wanted)

    def _layer_of(self, python: str, stack: aws_cdk.Stack) -> aws_lambda.ILayerVersion:
        """The layer for functions of this Python in this stack; raises LayerError if it cannot be built."""
        if self._layer is not None and not isinstance(self._layer, str):
            return self._layer
        name = "DayflyLayer" if self._layer is not None else f"DayflyLayerPython{python.replace('.', '')}"
        found = stack.node.try_find_child(name)
        if found is not None:
            return found
        if self._layer is not None:
            # Not from_layer_version_arn, which claims to know the layer's runtimes.
            return aws_lambda.LayerVersion.from_layer_version_attributes(
                stack, name, layer_version_arn=self._layer
            )
        archive = Path(aws_cdk.Stage.of(stack).asset_outdir, f"dayfly-python{python}.zip")
        if python not in self._built:
            archive.parent.mkdir(parents=True, exist_ok=True)
            self._built[python] = build_layer(archive, (python,))
        layer = aws_lambda.LayerVersion(
            stack,
            name,
            code=aws_lambda.Code.from_asset(str(self._built[python].path)),
            description="Dayfly: a fresh worker for each invocation",
        )
        # Not as the construct's argument: it compares Runtime objects by more than their name.
        layer.node.default_child.compatible_runtimes = [f"python{python}"]
        if self._built[python].not_compiled:
            _note(
                layer,
                f"no installed Python {python} was found here: functions compile Dayfly at each cold start",
            )
        return layer


def _put_on(resource: aws_cdk.CfnResource, layer: aws_lambda.ILayerVersion, wanted: Wanted) -> None:
    owner = resource.node.scope
    if isinstance(owner, aws_lambda.Function) and resource.node.id == "Resource":
        owner.add_layers(layer)
        for name, value in wanted.variables.items():
            owner.add_environment(name, value)
        return
    stack = aws_cdk.Stack.of(resource)
    layers = capitalised(stack.resolve(resource._cfn_properties)).get("Layers")
    own = layers if isinstance(layers, list) else []
    resource.add_property_override("Layers", [*own, layer.layer_version_arn])
    for name, value in wanted.variables.items():
        resource.add_property_override(f"Environment.Variables.{name}", value)


@dataclass(frozen=True, slots=True)
class _Survey:
    """What is to be known of the whole app: functions at the edge, and versions that never renew themselves."""

    edges: frozenset[tuple[str, str]]
    fixed: Mapping[tuple[str, str], tuple[str, ...]]


def _survey(root: IConstruct) -> _Survey:
    associated: set[tuple[str, str]] = set()
    versions: list[tuple[tuple[str, str], tuple[str, str], str, bool]] = []
    for node in root.node.find_all():
        if isinstance(node, aws_cloudfront.CfnDistribution):
            stack = aws_cdk.Stack.of(node)
            found = references(stack.resolve(node._cfn_properties))
            associated.update((str(stack.node.addr), name) for name in found)
        elif isinstance(node, aws_lambda.CfnVersion):
            stack = aws_cdk.Stack.of(node)
            home = str(stack.node.addr)
            is_current = node.node.scope is not None and node.node.scope.node.id == "CurrentVersion"
            for name in references(stack.resolve(node.function_name)):
                own = (home, str(stack.resolve(node.logical_id)))
                versions.append(((home, name), own, str(node.node.path), is_current))
    fixed: dict[tuple[str, str], tuple[str, ...]] = {}
    for function, _own, path, is_current in versions:
        if not is_current:
            fixed[function] = (*fixed.get(function, ()), path)
    return _Survey(frozenset(function for function, own, _, _ in versions if own in associated), fixed)


def _known(text: str) -> str:
    return "" if aws_cdk.Token.is_unresolved(text) else text


def _tell(node: IConstruct, gap: Unprotected) -> None:
    annotations = aws_cdk.Annotations.of(node)
    if gap.is_harmless:
        annotations.add_info_v2("dayfly:not-protected", f"Dayfly: {node.node.path} {gap.reason}")
    else:
        annotations.add_warning_v2("dayfly:not-protected", f"Dayfly: {node.node.path} {gap.reason}")


def _note(node: IConstruct, text: str, *, is_warning: bool = True) -> None:
    annotations = aws_cdk.Annotations.of(node)
    tell = annotations.add_warning_v2 if is_warning else annotations.add_info_v2
    tell("dayfly:note", f"Dayfly: {text}")
