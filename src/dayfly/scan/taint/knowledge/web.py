"""Web frameworks that are run on Lambda: what of a request is the caller's, and what is done with an answer.

Sources: the frameworks' API references; Flask and Werkzeug 3, Starlette 0.4x, FastAPI, Bottle 0.13, Chalice 1.31,
Powertools for AWS Lambda (Python) 3, Falcon 4, Quart 0.20.
"""

from __future__ import annotations

from dayfly.scan.taint.knowledge.model import (
    CLEAN,
    FIRST,
    RECEIVER,
    Argument,
    Attribute,
    Call,
    Cleanser,
    Condition,
    Danger,
    Decoration,
    Decorator,
    Kind,
    Part,
    Result,
    Route,
    Sink,
    Tables,
    Test,
    Trust,
)


def _source(what: str, *, type: str = "", element_type: str = "", parses: bool = False) -> Result:
    return Result(type=type, element_type=element_type, taint_from=(), source=what, parses=parses)


def _attributes(owner: str, names: str, result: Result) -> Attribute:
    return Attribute(tuple(f"{owner}.{name}" for name in names.split()), result)


_IDENTITY = Result(taint_from=(), trust=Trust.IDENTITY)
_HARMLESS_TYPES = ("int", "float", "bool", "uuid.UUID", "decimal.Decimal")

# Werkzeug: Flask, Quart
_MULTI = "werkzeug.MultiDict"
_FILES = "werkzeug.Files"
_FLASK_ATTRIBUTES = (
    Attribute(("flask.request",), Result(type="flask.Request", taint_from=())),
    _attributes("flask.Request", "args", _source("the query string", type=_MULTI, element_type="str")),
    _attributes("flask.Request", "form", _source("the form", type=_MULTI, element_type="str")),
    _attributes(
        "flask.Request", "values", _source("the request's parameters", type=_MULTI, element_type="str")
    ),
    _attributes("flask.Request", "cookies", _source("a cookie", type=_MULTI, element_type="str")),
    _attributes("flask.Request", "headers", _source("a header", type=_MULTI, element_type="str")),
    _attributes(
        "flask.Request",
        "files",
        _source("an uploaded file", type=_FILES, element_type="werkzeug.FileStorage"),
    ),
    _attributes("flask.Request", "json", _source("the JSON body", parses=True)),
    _attributes("flask.Request", "data stream", _source("the body", type="bytes")),
    _attributes("flask.Request", "view_args", _source("the path", element_type="str")),
    _attributes(
        "flask.Request",
        "path full_path url base_url script_root root_path query_string referrer user_agent host host_url url_root "
        "content_type mimetype origin access_route range if_range pragma accept_languages",
        _source("the request"),
    ),
    _attributes("flask.Request", "authorization", _source("the Authorization header")),
    _attributes("flask.Request", "environ", _source("the request's environment", element_type="str")),
    _attributes(
        "flask.Request",
        "method endpoint blueprint blueprints url_rule remote_addr scheme is_json is_secure content_length max_content_length",
        CLEAN,
    ),
    _attributes(
        "werkzeug.FileStorage",
        "filename name content_type mimetype",
        _source("an uploaded file's name", type="str"),
    ),
    _attributes("werkzeug.FileStorage", "stream headers", _source("an uploaded file")),
    Attribute(("flask.session",), Result(type="flask.Session", taint_from=())),
    Attribute(("flask.g", "flask.current_app"), Result(taint_from=())),
)
_FLASK_CALLS = (
    # A value that has been made a number.
    Call(
        tuple(f"{_MULTI}.{name}" for name in ("get", "pop")),
        CLEAN,
        (Condition(Argument(2, "type"), Test.HAS_TYPE, _HARMLESS_TYPES, if_unknown=False),),
    ),
    Call(
        (f"{_MULTI}.getlist",),
        CLEAN,
        (Condition(Argument(1, "type"), Test.HAS_TYPE, _HARMLESS_TYPES, if_unknown=False),),
    ),
    Call(
        (f"{_MULTI}.get", f"{_MULTI}.pop", f"{_MULTI}.__getitem__"),
        Result(type="str", taint_from=(RECEIVER, Argument(1, "default"))),
    ),
    Call(
        (f"{_MULTI}.getlist", f"{_MULTI}.get_all", f"{_MULTI}.keys", f"{_MULTI}.listvalues"),
        Result(type="list", element_type="str", taint_from=(RECEIVER,)),
    ),
    Call(
        (f"{_FILES}.get", f"{_FILES}.pop", f"{_FILES}.__getitem__"),
        Result(type="werkzeug.FileStorage", taint_from=(RECEIVER,)),
    ),
    Call(
        (f"{_FILES}.getlist", f"{_FILES}.values"),
        Result(type="list", element_type="werkzeug.FileStorage", taint_from=(RECEIVER,)),
    ),
    Call(
        (f"{_MULTI}.to_dict", f"{_MULTI}.items", f"{_MULTI}.values", f"{_MULTI}.lists"),
        Result(taint_from=(RECEIVER,)),
    ),
    Call(("flask.Request.get_json",), _source("the JSON body", parses=True)),
    Call(("flask.Request.get_data",), _source("the body", type="bytes")),
    Call(("werkzeug.FileStorage.read",), _source("an uploaded file", type="bytes")),
    Call(("flask.jsonify", "flask.json.jsonify"), Result(type="flask.JsonResponse", taint_from=())),
    Call(("flask.url_for",), CLEAN),
    Call(("flask.abort",), CLEAN),
    Call(("flask.redirect", "werkzeug.utils.redirect"), Result(type="flask.Redirect", taint_from=())),
    Call(
        ("flask.Response", "werkzeug.wrappers.Response"),
        Result(
            type="flask.Response",
            taint_from=(),
            keeps=(Argument(3, "mimetype"), Argument(4, "content_type")),
        ),
    ),
    Call(("flask.make_response", "flask.Flask.make_response"), Result(type="flask.Response", taint_from=())),
    Call(("flask.send_file", "flask.send_from_directory"), Result(type="flask.Response", taint_from=())),
    Call(("flask.Session.get", "flask.Session.pop"), CLEAN),
    Call(("markupsafe.Markup", "flask.Markup", "jinja2.Markup"), Result(type="markupsafe.Markup")),
    # What a Markup takes in is escaped.
    Call(
        (
            "markupsafe.Markup.format",
            "markupsafe.Markup.join",
            "markupsafe.Markup.__mod__",
            "markupsafe.Markup.__add__",
        ),
        Result(type="markupsafe.Markup", cleanses=frozenset({Danger.HTML})),
    ),
)


def _html_unless(mimetype: Argument, content_type: Argument) -> tuple[Condition, ...]:
    """Werkzeug's answers are text/html where nothing else is said."""
    return (
        Condition(mimetype, Test.CONTAINS, ("html",), if_absent=True),
        Condition(content_type, Test.CONTAINS, ("html",), if_absent=True),
        Condition(Argument(2, "headers"), Test.IS_ABSENT),
    )


_IS_HTML = Condition(Argument(None, "media_type"), Test.CONTAINS, ("html",), if_unknown=False)
_NOT_JSON = Condition(
    FIRST, Test.LACKS_TYPE, ("dict", "list", "json", "flask.JsonResponse", "flask.Redirect", "flask.Response")
)

_INTO_SESSION = "`{source}` is stored in the session together with verified data"
_FLASK_SINKS = (
    Sink(
        "event.html",
        ("flask.Response", "werkzeug.wrappers.Response", "quart.Response"),
        (Argument(0, "response"),),
        (*_html_unless(Argument(3, "mimetype"), Argument(4, "content_type")), _NOT_JSON),
    ),
    Sink("event.html", ("flask.make_response", "flask.Flask.make_response"), when=(_NOT_JSON,)),
    Sink(
        "event.html",
        ("flask.Response.set_data", "flask.Response.data=", "flask.Response.response="),
        when=(
            _NOT_JSON,
            Condition(RECEIVER, Test.CONTAINS, ("html",), attribute="mimetype", if_absent=True),
            Condition(RECEIVER, Test.CONTAINS, ("html",), attribute="content_type", if_absent=True),
        ),
    ),
    Sink(
        "event.html",
        (
            "markupsafe.Markup",
            "flask.Markup",
            "jinja2.Markup",
            "django.utils.safestring.mark_safe",
            "django.utils.safestring.SafeString",
        ),
    ),
    Sink(
        "event.redirect",
        ("flask.redirect", "werkzeug.utils.redirect"),
        (Argument(0, "location"),),
        part=Part.TARGET,
    ),
    Sink(
        "event.path",
        ("werkzeug.FileStorage.save", "*.save"),
        (Argument(0, "dst"),),
        (Condition(RECEIVER, Test.HAS_TYPE, ("werkzeug.FileStorage",), if_unknown=False),),
        Part.PATH,
    ),
    # A session says who somebody is: what the caller has said of itself does not belong there, neither as a name.
    Sink(
        "event.trust",
        ("flask.Session.__setitem__", "flask.Session.setdefault"),
        (FIRST, Argument(1)),
        message=_INTO_SESSION,
    ),
    Sink(
        "event.trust",
        ("flask.Session.update",),
        (FIRST, Argument(None, is_rest=True)),
        message=_INTO_SESSION,
    ),
)

# Starlette and FastAPI
_STARLETTE = "starlette.Request"
_STARLETTE_ATTRIBUTES = (
    _attributes(_STARLETTE, "query_params", _source("the query string", type=_MULTI, element_type="str")),
    _attributes(_STARLETTE, "path_params", _source("the path", type="dict", element_type="str")),
    _attributes(_STARLETTE, "headers", _source("a header", type=_MULTI, element_type="str")),
    _attributes(_STARLETTE, "cookies", _source("a cookie", type=_MULTI, element_type="str")),
    _attributes(_STARLETTE, "url base_url", _source("the request")),
    _attributes(_STARLETTE, "client method state app", CLEAN),
    _attributes(_STARLETTE, "user auth", _IDENTITY),
    _attributes(_STARLETTE, "session", Result(type="flask.Session", taint_from=())),
    # Mangum hands the event through. https://mangum.fastapiexpert.com/adapter/#event-and-context
    _attributes(_STARLETTE, "scope", Result(taint_from=())),
    _attributes(
        "starlette.UploadFile",
        "filename content_type headers",
        _source("an uploaded file's name", type="str"),
    ),
    _attributes("starlette.UploadFile", "file", _source("an uploaded file")),
)
_STARLETTE_CALLS = (
    Call((f"{_STARLETTE}.json",), _source("the JSON body", parses=True)),
    Call((f"{_STARLETTE}.body", f"{_STARLETTE}.stream"), _source("the body", type="bytes")),
    Call((f"{_STARLETTE}.form",), _source("the form", type=_MULTI, element_type="str")),
    Call(("starlette.UploadFile.read",), _source("an uploaded file", type="bytes")),
    Call(("fastapi.Depends", "fastapi.Security"), CLEAN),
    Call(
        tuple(
            f"{module}.{name}"
            for module in ("starlette.responses",)
            for name in (
                "HTMLResponse",
                "Response",
                "PlainTextResponse",
                "JSONResponse",
                "RedirectResponse",
                "FileResponse",
                "StreamingResponse",
            )
        ),
        Result(type="starlette.Response", taint_from=()),
    ),
)
_STARLETTE_SINKS = (
    Sink("event.html", ("starlette.responses.HTMLResponse",), (Argument(0, "content"),)),
    Sink(
        "event.html",
        ("starlette.responses.Response", "starlette.responses.StreamingResponse"),
        (Argument(0, "content"),),
        (_IS_HTML,),
    ),
    Sink(
        "event.redirect", ("starlette.responses.RedirectResponse",), (Argument(0, "url"),), part=Part.TARGET
    ),
)

# Bottle
_BOTTLE = "bottle.Request"
_FORMS = "bottle.FormsDict"
_BOTTLE_ATTRIBUTES = (
    Attribute(("bottle.request",), Result(type=_BOTTLE, taint_from=())),
    _attributes(_BOTTLE, "query GET", _source("the query string", type=_FORMS, element_type="str")),
    _attributes(_BOTTLE, "forms POST", _source("the form", type=_FORMS, element_type="str")),
    _attributes(_BOTTLE, "params", _source("the request's parameters", type=_FORMS, element_type="str")),
    _attributes(_BOTTLE, "cookies", _source("a cookie", type=_FORMS, element_type="str")),
    _attributes(_BOTTLE, "headers", _source("a header", type=_FORMS, element_type="str")),
    _attributes(
        _BOTTLE, "files", _source("an uploaded file", type="bottle.Files", element_type="bottle.FileUpload")
    ),
    _attributes(_BOTTLE, "json", _source("the JSON body", parses=True)),
    _attributes(_BOTTLE, "body", _source("the body")),
    _attributes(_BOTTLE, "url_args", _source("the path", element_type="str")),
    _attributes(
        _BOTTLE,
        "path url fullpath query_string urlparts content_type script_name auth environ",
        _source("the request"),
    ),
    _attributes(_BOTTLE, "method remote_addr remote_route", CLEAN),
    # The name is made safe, the raw one is not.
    _attributes("bottle.FileUpload", "filename", CLEAN),
    _attributes("bottle.FileUpload", "raw_filename", _source("an uploaded file's name", type="str")),
    _attributes("bottle.FileUpload", "file", _source("an uploaded file")),
)
_BOTTLE_CALLS = (
    Call((f"{_BOTTLE}.get_cookie",), CLEAN, (Condition(Argument(2, "secret"), Test.TRUTHY),)),
    Call((f"{_BOTTLE}.get_cookie",), _source("a cookie", type="str")),
    Call((f"{_BOTTLE}.get_header",), _source("a header", type="str")),
    Call(
        (f"{_FORMS}.get", f"{_FORMS}.getunicode"),
        CLEAN,
        (Condition(Argument(3, "type"), Test.HAS_TYPE, _HARMLESS_TYPES, if_unknown=False),),
    ),
    Call(
        (f"{_FORMS}.get", f"{_FORMS}.getunicode", f"{_FORMS}.__getitem__", f"{_FORMS}.__getattr__"),
        Result(type="str", taint_from=(RECEIVER, Argument(1, "default"))),
    ),
    Call(
        (f"{_FORMS}.getall", f"{_FORMS}.getlist", f"{_FORMS}.keys"),
        Result(type="list", element_type="str", taint_from=(RECEIVER,)),
    ),
    Call((f"{_FORMS}.items", f"{_FORMS}.values", f"{_FORMS}.decode"), Result(taint_from=(RECEIVER,))),
)
_BOTTLE_SINKS = (
    Sink("event.redirect", ("bottle.redirect",), (Argument(0, "url"),), part=Part.TARGET),
    Sink("event.html", ("bottle.HTTPResponse", "bottle.HTTPError.body"), (Argument(0, "body"),)),
)

# Chalice
_CHALICE = "chalice.Request"
_CHALICE_ATTRIBUTES = (
    Attribute(
        (
            "chalice.Chalice.current_request",
            "chalice.Blueprint.current_request",
            "chalice.app.current_request",
        ),
        Result(type=_CHALICE, taint_from=()),
    ),
    _attributes(_CHALICE, "query_params", _source("the query string", type=_MULTI, element_type="str")),
    _attributes(_CHALICE, "uri_params", _source("the path", type="dict", element_type="str")),
    _attributes(_CHALICE, "headers", _source("a header", type=_MULTI, element_type="str")),
    _attributes(_CHALICE, "json_body", _source("the JSON body", parses=True)),
    _attributes(_CHALICE, "raw_body", _source("the body", type="bytes")),
    _attributes(_CHALICE, "path", _source("the request", type="str")),
    _attributes(_CHALICE, "method stage_vars lambda_context", CLEAN),
    _attributes(_CHALICE, "context", _IDENTITY),
    _attributes("chalice.S3Event", "key", _source("the uploaded object's key", type="str")),
    _attributes("chalice.S3Event", "bucket", CLEAN),
    _attributes("chalice.SNSEvent", "message subject", _source("the message", type="str")),
    _attributes("chalice.CloudWatchEvent", "detail", _source("the event's detail")),
    _attributes("chalice.CloudWatchEvent", "source account time region resources event_id", CLEAN),
    _attributes("chalice.SQSRecord", "body", _source("the message", type="str")),
    _attributes("chalice.KinesisRecord", "data partition_key", _source("the record", type="bytes")),
    _attributes("chalice.DynamoDBRecord", "new_image old_image keys", _source("the record")),
    _attributes("chalice.WebsocketEvent", "body json_body", _source("the message", parses=True)),
    _attributes("chalice.WebsocketEvent", "connection_id domain_name stage", CLEAN),
    _attributes("chalice.AuthRequest", "token", _source("the Authorization header", type="str")),
    _attributes("chalice.AuthRequest", "method_arn auth_type", CLEAN),
)
_CHALICE_SINKS = (
    Sink(
        "event.html",
        ("chalice.Response",),
        (Argument(0, "body"),),
        (
            Condition(
                Argument(1, "headers", element="Content-Type"), Test.CONTAINS, ("html",), if_unknown=False
            ),
        ),
    ),
    Sink(
        "event.redirect",
        ("chalice.Response",),
        (Argument(1, "headers", element="Location"),),
        part=Part.TARGET,
    ),
)

# Powertools for AWS Lambda
_RESOLVERS = tuple(
    f"aws_lambda_powertools.event_handler.{name}"
    for name in (
        "APIGatewayRestResolver",
        "APIGatewayHttpResolver",
        "ApiGatewayResolver",
        "ALBResolver",
        "LambdaFunctionUrlResolver",
        "VPCLatticeResolver",
        "VPCLatticeV2Resolver",
    )
)
_CLASSES = "aws_lambda_powertools.utilities.data_classes"
_HTTP_EVENTS = (
    "APIGatewayProxyEvent",
    "APIGatewayProxyEventV2",
    "ALBEvent",
    "LambdaFunctionUrlEvent",
    "VPCLatticeEvent",
    "VPCLatticeEventV2",
    "APIGatewayWebSocketEvent",
)
_HTTP_EVENT = "powertools.HttpEvent"
_RECORD_EVENTS = (
    "S3Event",
    "SQSEvent",
    "SNSEvent",
    "KinesisStreamEvent",
    "DynamoDBStreamEvent",
    "KafkaEvent",
    "KinesisFirehoseEvent",
    "ActiveMQEvent",
    "RabbitMQEvent",
)
_CONTENT_TYPES = "aws_lambda_powertools.event_handler.content_types"
_POWERTOOLS_ATTRIBUTES = (
    Attribute((f"{_CONTENT_TYPES}.TEXT_HTML",), Result(taint_from=(), value="text/html")),
    Attribute((f"{_CONTENT_TYPES}.TEXT_PLAIN",), Result(taint_from=(), value="text/plain")),
    Attribute((f"{_CONTENT_TYPES}.APPLICATION_JSON",), Result(taint_from=(), value="application/json")),
    Attribute(
        ("powertools.Resolver.current_event", "powertools.Router.current_event"),
        Result(type=_HTTP_EVENT, taint_from=()),
    ),
    _attributes(_HTTP_EVENT, "body decoded_body", _source("the body", type="str")),
    _attributes(_HTTP_EVENT, "json_body", _source("the JSON body", parses=True)),
    _attributes(
        _HTTP_EVENT,
        "query_string_parameters resolved_query_string_parameters multi_value_query_string_parameters",
        _source("the query string", type="dict", element_type="str"),
    ),
    _attributes(
        _HTTP_EVENT,
        "headers multi_value_headers resolved_headers_field",
        _source("a header", type="dict", element_type="str"),
    ),
    _attributes(_HTTP_EVENT, "path_parameters", _source("the path", type="dict", element_type="str")),
    _attributes(_HTTP_EVENT, "path raw_path raw_query_string cookies", _source("the request")),
    _attributes(
        _HTTP_EVENT,
        "http_method request_context stage_variables is_base64_encoded resource route_key version",
        CLEAN,
    ),
    _attributes("powertools.Resolver", "lambda_context context", CLEAN),
    _attributes("powertools.RecordEvent", "records record", Result(element_type="powertools.Record")),
    _attributes(
        "powertools.Record", "body json_body message data new_image old_image key value", Result(parses=True)
    ),
    _attributes(
        "powertools.Record",
        "aws_region event_id event_name event_source event_source_arn message_id receipt_handle md5_of_body attributes",
        CLEAN,
    ),
    _attributes("powertools.RecordEvent", "bucket_name", CLEAN),
    _attributes("powertools.EventBridgeEvent", "detail", _source("the event's detail", parses=True)),
    _attributes(
        "powertools.EventBridgeEvent",
        "source account time region resources get_id version detail_type",
        CLEAN,
    ),
    _attributes(
        "powertools.AppSyncEvent",
        "arguments source request_headers prev_result",
        _source("the request", parses=True),
    ),
    _attributes("powertools.AppSyncEvent", "identity", _IDENTITY),
)
_POWERTOOLS_CALLS = (
    Call(
        tuple(
            f"{_HTTP_EVENT}.{name}"
            for name in ("get_query_string_value", "get_multi_value_query_string_values")
        ),
        _source("the query string", type="str"),
    ),
    Call((f"{_HTTP_EVENT}.get_header_value",), _source("a header", type="str")),
    *(Call((f"{_CLASSES}.{name}",), Result(type=_HTTP_EVENT, taint_from=())) for name in _HTTP_EVENTS),
    *(Call((f"{_CLASSES}.{name}",), Result(type="powertools.RecordEvent")) for name in _RECORD_EVENTS),
    Call((f"{_CLASSES}.EventBridgeEvent",), Result(type="powertools.EventBridgeEvent", taint_from=())),
    Call((f"{_CLASSES}.AppSyncResolverEvent",), Result(type="powertools.AppSyncEvent", taint_from=())),
    Call(
        ("aws_lambda_powertools.utilities.parser.parse",),
        Result(taint_from=(FIRST, Argument(None, "event")), parses=True),
    ),
    Call(
        (
            "aws_lambda_powertools.utilities.parameters.get_parameter",
            "aws_lambda_powertools.utilities.parameters.get_secret",
            "aws_lambda_powertools.utilities.parameters.get_parameters",
        ),
        CLEAN,
    ),
)
_POWERTOOLS_SINKS = (
    Sink(
        "event.html",
        ("aws_lambda_powertools.event_handler.Response",),
        (Argument(2, "body"),),
        (Condition(Argument(1, "content_type"), Test.CONTAINS, ("html",), if_unknown=False),),
    ),
    Sink(
        "event.redirect",
        ("aws_lambda_powertools.event_handler.Response",),
        (Argument(3, "headers", element="Location"),),
        part=Part.TARGET,
    ),
)

# Falcon
_FALCON_ATTRIBUTES = (
    _attributes(
        "falcon.Request",
        "params media cookies headers path uri query_string stream bounded_stream",
        _source("the request", parses=True),
    ),
)
_FALCON_CALLS = (
    Call(
        (
            "falcon.Request.get_param",
            "falcon.Request.get_header",
            "falcon.Request.get_cookie_values",
            "falcon.Request.get_media",
        ),
        _source("the request"),
    ),
    Call(
        (
            "falcon.Request.get_param_as_int",
            "falcon.Request.get_param_as_float",
            "falcon.Request.get_param_as_bool",
            "falcon.Request.get_param_as_uuid",
        ),
        CLEAN,
    ),
)
_OTHER_SINKS = (
    Sink(
        "event.redirect",
        (
            "django.shortcuts.redirect",
            "django.http.HttpResponseRedirect",
            "django.http.HttpResponsePermanentRedirect",
            "aiohttp.web.HTTPFound",
            "falcon.HTTPFound",
            "falcon.HTTPMovedPermanently",
        ),
        part=Part.TARGET,
    ),
    Sink(
        "event.html",
        ("django.http.HttpResponse",),
        (Argument(0, "content"),),
        (Condition(Argument(1, "content_type"), Test.CONTAINS, ("html",), if_absent=True),),
    ),
    Sink(
        "event.html",
        ("aiohttp.web.Response",),
        (Argument(None, "text"), Argument(None, "body")),
        (Condition(Argument(None, "content_type"), Test.CONTAINS, ("html",), if_unknown=False),),
    ),
)

_VERBS = ("route", "get", "post", "put", "delete", "patch")
_CHALICE_APPS = ("chalice.Chalice", "chalice.Blueprint")
_ROUTES = (
    Route(
        "Flask",
        (*_VERBS, "before_request", "errorhandler"),
        ("flask.Flask", "flask.Blueprint"),
        view_bases=("flask.views.MethodView", "flask.views.View"),
    ),
    Route("Quart", _VERBS, ("quart.Quart", "quart.Blueprint")),
    Route(
        "FastAPI",
        (*_VERBS, "head", "options", "api_route", "websocket"),
        ("fastapi.FastAPI", "fastapi.APIRouter", "starlette.applications.Starlette"),
        request_parameters=(
            ("fastapi.Request", _STARLETTE),
            ("starlette.requests.Request", _STARLETTE),
            ("Request", _STARLETTE),
            ("request", _STARLETTE),
            ("UploadFile", "starlette.UploadFile"),
            ("fastapi.UploadFile", "starlette.UploadFile"),
            ("starlette.datastructures.UploadFile", "starlette.UploadFile"),
        ),
        returns_html=False,
        view_bases=("starlette.endpoints.HTTPEndpoint",),
    ),
    Route("Bottle", (*_VERBS, "error"), ("bottle.Bottle", "bottle")),
    Route("Chalice", _VERBS, _CHALICE_APPS, returns_html=False),
    *(
        Route(f"Chalice {name}", words, _CHALICE_APPS, (parameter,), returns_html=False)
        for name, words, parameter in (
            ("S3", ("on_s3_event",), ("event", "chalice.S3Event")),
            ("SNS", ("on_sns_message",), ("event", "chalice.SNSEvent")),
            ("SQS", ("on_sqs_message",), ("event", "chalice.SQSEvent[chalice.SQSRecord]")),
            ("EventBridge", ("on_cw_event",), ("event", "chalice.CloudWatchEvent")),
            ("Kinesis", ("on_kinesis_record",), ("event", "chalice.KinesisEvent[chalice.KinesisRecord]")),
            ("DynamoDB", ("on_dynamodb_record",), ("event", "chalice.DynamoDBEvent[chalice.DynamoDBRecord]")),
            ("WebSocket", ("on_ws_message", "on_ws_connect"), ("event", "chalice.WebsocketEvent")),
            ("authorizer", ("authorizer",), ("auth_request", "chalice.AuthRequest")),
        )
    ),
    Route("Powertools", _VERBS, ("powertools.Resolver", "powertools.Router"), returns_html=False),
    Route("AppSync", ("resolver", "batch_resolver"), ("powertools.AppSyncResolver",), returns_html=False),
    Route("Falcon", (), (), (("req", "falcon.Request"),), returns_html=False),
)

_KINDS = (
    Kind("flask.Flask", is_class=True),
    Kind("flask.Blueprint", is_class=True),
    Kind("quart.Quart", ("flask.Flask",), is_class=True),
    Kind("quart.Blueprint", ("flask.Blueprint",), is_class=True),
    Kind("fastapi.FastAPI", ("starlette.applications.Starlette",), is_class=True),
    Kind("fastapi.APIRouter", is_class=True),
    Kind("starlette.applications.Starlette", is_class=True),
    Kind("starlette.requests.Request", (_STARLETTE,)),
    Kind("fastapi.Request", (_STARLETTE,)),
    Kind("fastapi.UploadFile", ("starlette.UploadFile",)),
    Kind("bottle.Bottle", is_class=True),
    Kind("chalice.Chalice", is_class=True),
    Kind("chalice.Blueprint", is_class=True),
    *(Kind(name, ("powertools.Resolver",), is_class=True) for name in _RESOLVERS),
    Kind(
        "aws_lambda_powertools.event_handler.AppSyncResolver", ("powertools.AppSyncResolver",), is_class=True
    ),
    Kind("aws_lambda_powertools.event_handler.router.Router", ("powertools.Router",), is_class=True),
    Kind("markupsafe.Markup", ("str",)),
    Kind("mangum.Mangum", is_class=True),
)

TABLES = Tables(
    sinks=(
        *_FLASK_SINKS,
        *_STARLETTE_SINKS,
        *_BOTTLE_SINKS,
        *_CHALICE_SINKS,
        *_POWERTOOLS_SINKS,
        *_OTHER_SINKS,
    ),
    calls=(*_FLASK_CALLS, *_STARLETTE_CALLS, *_BOTTLE_CALLS, *_POWERTOOLS_CALLS, *_FALCON_CALLS),
    cleansers=(
        Cleanser(
            ("werkzeug.urls.url_quote", "werkzeug.urls.url_quote_plus"),
            frozenset({Danger.HTML, Danger.HEADER, Danger.LOG, Danger.COMMAND, Danger.SQL}),
            type="str",
        ),
    ),
    attributes=(
        *_FLASK_ATTRIBUTES,
        *_STARLETTE_ATTRIBUTES,
        *_BOTTLE_ATTRIBUTES,
        *_CHALICE_ATTRIBUTES,
        *_POWERTOOLS_ATTRIBUTES,
        *_FALCON_ATTRIBUTES,
    ),
    kinds=_KINDS,
    decorators=(
        # What it is given is known from the annotation or from what it wraps.
        Decorator(
            (
                "aws_lambda_powertools.Logger.inject_lambda_context",
                "aws_lambda_powertools.Tracer.capture_lambda_handler",
                "aws_lambda_powertools.Tracer.capture_method",
                "aws_lambda_powertools.Metrics.log_metrics",
                "aws_lambda_powertools.utilities.validation.validator",
                "aws_lambda_powertools.utilities.typing.LambdaContext",
                "aws_lambda_powertools.utilities.idempotency.idempotent",
            )
        ),
        *(
            Decorator((name,), Decoration.IDENTITY)
            for name in (
                "flask_login.login_required",
                "flask_jwt_extended.jwt_required",
                "django.contrib.auth.decorators.login_required",
            )
        ),
    ),
    routes=_ROUTES,
    aliases=(
        ("quart.request", "flask.request"),
        ("quart.session", "flask.session"),
        ("quart.redirect", "flask.redirect"),
        ("quart.make_response", "flask.make_response"),
        ("quart.render_template_string", "flask.render_template_string"),
        ("quart.render_template", "flask.render_template"),
        ("quart.jsonify", "flask.jsonify"),
        ("flask.globals.request", "flask.request"),
        ("flask.globals.session", "flask.session"),
        ("flask.wrappers.Response", "flask.Response"),
        ("flask.wrappers.Request", "flask.Request"),
        *(
            (f"fastapi.responses.{name}", f"starlette.responses.{name}")
            for name in (
                "HTMLResponse",
                "Response",
                "PlainTextResponse",
                "JSONResponse",
                "RedirectResponse",
                "StreamingResponse",
            )
        ),
        ("fastapi.Response", "starlette.responses.Response"),
        ("chalice.app.Response", "chalice.Response"),
        *(
            (
                f"aws_lambda_powertools.event_handler.api_gateway.{name}",
                f"aws_lambda_powertools.event_handler.{name}",
            )
            for name in (
                "APIGatewayRestResolver",
                "APIGatewayHttpResolver",
                "ApiGatewayResolver",
                "ALBResolver",
                "LambdaFunctionUrlResolver",
                "Response",
            )
        ),
        (
            "aws_lambda_powertools.event_handler.api_gateway.Router",
            "aws_lambda_powertools.event_handler.router.Router",
        ),
        *(
            (f"{_CLASSES}.api_gateway_proxy_event.{name}", f"{_CLASSES}.{name}")
            for name in ("APIGatewayProxyEvent", "APIGatewayProxyEventV2")
        ),
    ),
)
