"""What a service says, what a library's check shows, and arguments that are written out one by one."""

from __future__ import annotations

import textwrap

import pytest
from tests.scan.taint.snippets import checks, route_checks

PAIRS = [
    (
        "event.request: where CloudFormation wants its answer",
        "import json, urllib3\nhttp = urllib3.PoolManager()\n",
        "http.request('PUT', event['ResponseURL'], body=json.dumps({'StackId': event['StackId']}))",
        "http.request('PUT', event['ReplyTo'], body=json.dumps({'StackId': event['StackId']}))",
    ),
    (
        "event.log: the properties of a stack",
        "import logging\nlogger = logging.getLogger()\n",
        "logger.info('%s of %s', event['RequestType'], event['ResourceProperties']['VpcId'])",
        "logger.info('%s of %s', event['RequestType'], event['Vpc'])",
    ),
    (
        "event.log: a secret that is to be rotated",
        "import logging\nlogger = logging.getLogger()\n",
        "logger.info('version %s of %s' % (event['ClientRequestToken'], event['SecretId']))",
        "logger.info('version %s of %s' % (event['ClientRequestToken'], event['Name']))",
    ),
    (
        "event.command: the properties of a stack are not harmless in a shell",
        "import os\n",
        "os.system('helm install ' + event['RequestType'])",
        "os.system('helm install ' + event['ResourceProperties']['Chart'])",
    ),
    (
        "event.trust: an uploaded object's name is no claim, encoded or not",
        "import boto3, urllib.parse\ntable = boto3.resource('dynamodb').Table('t')\n",
        (
            "key = urllib.parse.unquote_plus(event['Records'][0]['s3']['object']['key'])\n"
            "table.get_item(Key={'userId': key.split('/')[0]})"
        ),
        "table.get_item(Key={'userId': event['user']})",
    ),
    (
        "event.trust: a user pool knows its users",
        "import boto3\ntable = boto3.resource('dynamodb').Table('t')\n",
        "table.put_item(Item={'userId': event['userName']})",
        "table.put_item(Item={'userId': event['user']})",
    ),
    (
        "event.log: what S3 answers with in a header",
        "import boto3\ns3 = boto3.client('s3')\n",
        "r = s3.get_object(Bucket='b', Key=event['k'])\nprint('type: ' + r['ContentType'])",
        "r = s3.get_object(Bucket='b', Key=event['k'])\nprint('text: ' + r['Body'].read().decode())",
    ),
    (
        "event.path: a listing is what is stored",
        "import boto3\ns3 = boto3.client('s3')\n",
        (
            "for page in s3.get_paginator('list_objects_v2').paginate(Bucket='b', Prefix=event['p']):\n"
            "    open('/tmp/' + page['Contents'][0]['Key'], 'w')"
        ),
        "open('/tmp/' + event['p'], 'w')",
    ),
    (
        "event.command: a check that a library makes",
        "import os, validators\n",
        "if validators.slug(event['q']):\n    os.system('ls ' + event['q'])",
        "if not validators.slug(event['q']):\n    os.system('ls ' + event['q'])",
    ),
    (
        "event.redirect: Django's check of an address",
        "from django.utils.http import url_has_allowed_host_and_scheme as is_ours\n",
        (
            "if not is_ours(event['next'], {'example.com'}):\n    return {'statusCode': 400}\n"
            "return {'statusCode': 302, 'headers': {'Location': event['next']}}"
        ),
        (
            "if is_ours(event['next'], {'example.com'}):\n    return {'statusCode': 400}\n"
            "return {'statusCode': 302, 'headers': {'Location': event['next']}}"
        ),
    ),
    (
        "event.command: a dollar lets a last line end through, which does nothing",
        "import os, re\n",
        "if re.match(r'^[a-zA-Z0-9_-]+$', event['q']):\n    os.system('ls ' + event['q'])",
        "if re.match(r'^[a-zA-Z0-9_-]+', event['q']):\n    os.system('ls ' + event['q'])",
    ),
    (
        "event.command: but not with more of the caller's behind it",
        "import os, re\nOK = re.compile(r'^[a-z]+$')\n",
        "if OK.match(event['q']) and OK.match(event['r']):\n    os.system('ls ' + event['q'] + ' -l')",
        "if OK.match(event['q']) and OK.match(event['r']):\n    os.system(f\"ls {event['q']} {event['r']}\")",
    ),
    (
        "event.header: a dollar lets a line end through",
        "import re\n",
        "if re.match(r'^[a-z]+\\Z', event['q']):\n    return {'statusCode': 200, 'headers': {'X-Q': event['q']}}",
        "if re.match(r'^[a-z]+$', event['q']):\n    return {'statusCode': 200, 'headers': {'X-Q': event['q']}}",
    ),
    (
        "event.command: without a shell a text is one file's name",
        "import subprocess\n",
        "subprocess.run('grep -R {} .'.format(event['q']))",
        "subprocess.run(event['q'])",
    ),
    (
        "event.command: the arguments of a program, one by one",
        "import os\n",
        "os.spawnlp(os.P_WAIT, 'ls', 'ls', '-c', event['q'])",
        "os.spawnlp(os.P_WAIT, 'sh', 'sh', '-c', 'ls ' + event['q'])",
    ),
    (
        "event.command: the arguments of a program that replaces this one",
        "import os\n",
        "os.execlp('ls', 'ls', event['q'])",
        "os.execlp('bash', 'bash', '-c', event['q'])",
    ),
    (
        "event.command: a shell that asyncio starts",
        "import asyncio\n",
        "asyncio.run(asyncio.create_subprocess_exec('echo', '-c', event['q']))",
        "asyncio.run(asyncio.create_subprocess_exec('bash', '-c', event['q']))",
    ),
    (
        "event.command: a program that a loop starts",
        "import asyncio\nloop = asyncio.new_event_loop()\n",
        "loop.run_until_complete(loop.subprocess_exec(asyncio.SubprocessProtocol, 'ls', event['q']))",
        "loop.run_until_complete(loop.subprocess_exec(asyncio.SubprocessProtocol, *event['q']))",
    ),
    (
        "event.nosql: a function in the database",
        "import pymongo\nposts = pymongo.MongoClient().db.posts\n",
        (
            "posts.find_one({'$expr': {'$function': {'body': 'function(a, b) { return a === b }',"
            " 'args': ['$a', str(event['q'])], 'lang': 'js'}}})"
        ),
        (
            "posts.find_one({'$expr': {'$function': {'body': 'function(a) { return a === \"' + str(event['q']) + '\" }',"
            " 'args': ['$a'], 'lang': 'js'}}})"
        ),
    ),
    (
        "event.nosql: an accumulator",
        "import pymongo\nposts = pymongo.MongoClient().db.posts\n",
        (
            "posts.aggregate([{'$group': {'_id': None, 'n': {'$accumulator': {'init': 'f()',"
            " 'accumulate': 'function(s, a) { return a }', 'accumulateArgs': [str(event['q'])]}}}}])"
        ),
        (
            "posts.aggregate([{'$group': {'_id': None, 'n': {'$accumulator': {'init': 'f()',"
            " 'accumulate': 'function(s, a) { return ' + str(event['q']) + ' }', 'accumulateArgs': ['$a']}}}}])"
        ),
    ),
    (
        "event.ldap: a search page by page",
        (
            "import ldap3\nfrom ldap3.utils.conv import escape_filter_chars\n"
            "standard = ldap3.Connection(ldap3.Server('x')).extend.standard\n"
        ),
        "standard.paged_search('dc=x', '(uid=' + escape_filter_chars(event['q']) + ')')",
        "standard.paged_search('dc=x', search_filter='(uid=' + event['q'] + ')')",
    ),
    (
        "event.sql: conditions that are handed to Django",
        "from django.db import models\nclass User(models.Model):\n    pass\n",
        "User.objects.filter(a=1).extra(where=['name = %s'], params=[event['q']])",
        "User.objects.filter(a=1).extra(where=[\"name = '%s'\" % event['q']])",
    ),
    (
        "event.trust: whom a function elsewhere has found or verified",
        "import boto3\nfrom accounts import verify_token, unverified_claims\ntable = boto3.resource('dynamodb').Table('t')\n",
        "table.get_item(Key={'userId': verify_token(event['headers']['authorization'])['sub']})",
        "table.get_item(Key={'userId': unverified_claims(event['headers']['authorization'])['sub']})",
    ),
    (
        "event.trust: a request that is handed on as it came names no owner",
        "import boto3, json\ntable = boto3.resource('dynamodb').Table('t')\n",
        "table.get_item(**json.loads(event['body']))",
        "table.get_item(Key={'userId': json.loads(event['body'])['user']})",
    ),
    (
        "event.header: a signed token has no line ends",
        "import jwt, os\n",
        (
            "t = jwt.encode({'name': event['name']}, os.environ['KEY'])\n"
            "return {'statusCode': 200, 'headers': {'X-Token': t}}"
        ),
        "return {'statusCode': 200, 'headers': {'X-Token': event['name']}}",
    ),
]


@pytest.mark.parametrize(("name", "before", "safe", "unsafe"), PAIRS, ids=[pair[0] for pair in PAIRS])
def test_twins_are_told_apart(name: str, before: str, safe: str, unsafe: str) -> None:
    check = name.partition(":")[0]

    def found(body: str) -> set[str]:
        return checks(f"{before}def handler(event, context):\n{textwrap.indent(body, '    ')}\n")

    assert check not in found(safe)
    assert check in found(unsafe)


def test_what_runs_beside_a_route_sees_the_request() -> None:
    found = route_checks(
        """
        import os
        from flask import Flask, request, render_template_string
        app = Flask(__name__)
        @app.errorhandler(404)
        def missing(error):
            return render_template_string("<h3>%s</h3>" % request.url), 404
        @app.before_request
        def look():
            os.system("log " + request.args["q"])
        @app.errorhandler(500)
        def broken(error):
            return render_template_string("<h3>%s</h3>" % error), 500
        """
    )
    assert found == {"missing": {"event.template"}, "look": {"event.command"}, "broken": set()}
