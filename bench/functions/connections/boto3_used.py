"""A boto3 client used at init, as for a parameter or a table's description."""

from boto3_client import put

put()


def handler(event, context):
    put()
    return {}
