"""Sends a customer back to where the sign-in began."""


def handler(event, context):
    target = event["queryStringParameters"]["next"]
    return {"statusCode": 302, "headers": {"Location": target}, "body": ""}
