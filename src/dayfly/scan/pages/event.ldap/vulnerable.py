"""Looks up a colleague's address in the directory."""

import json
import os

import ldap3

SERVER = ldap3.Server(os.environ["LDAP_URL"])
CONNECTION = ldap3.Connection(SERVER, os.environ["LDAP_USER"], os.environ["LDAP_PASSWORD"], auto_bind=True)


def handler(event, context):
    name = event["queryStringParameters"]["name"]
    CONNECTION.search("ou=people,dc=example,dc=org", f"(&(public=TRUE)(uid={name}))", attributes=["mail"])
    return {
        "statusCode": 200,
        "body": json.dumps({"mails": [str(found.mail) for found in CONNECTION.entries]}),
    }
