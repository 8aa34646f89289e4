"""Shows the visitor what was searched for."""


def handler(event, context):
    words = event["queryStringParameters"]["q"]
    page = f"<html><body><h1>Nothing found for {words}</h1></body></html>"
    return {"statusCode": 200, "headers": {"Content-Type": "text/html"}, "body": page}
