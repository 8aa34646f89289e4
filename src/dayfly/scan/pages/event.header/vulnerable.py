"""Remembers the language a visitor chose."""


def answer(headers):
    """As an HTTP/1.1 server in front of the function would write it."""
    lines = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
    return "HTTP/1.1 204 No Content\r\n" + lines


def handler(event, context):
    language = event["queryStringParameters"]["language"]
    headers = {"Set-Cookie": "language=" + language + "; Secure; HttpOnly", "Vary": "Cookie"}
    return {"statusCode": 204, "headers": headers, "body": answer(headers)}
