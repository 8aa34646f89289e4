"""Rows of knowledge, exercised: each line once with the caller's value as it harms, once as it does not.

`x` is a query parameter (a text), `body` parsed JSON (anything), `n` a number.
"""

from __future__ import annotations

import textwrap

import pytest

from dayfly.scan.model import Place
from dayfly.scan.source.limits import DEFAULT_LIMITS
from dayfly.scan.source.project import Project
from dayfly.scan.taint.checking import analyse, find_routes
from dayfly.scan.template.entries import Entry
from dayfly.scan.template.model import LambdaFunction, Trigger

HANDLER = """
import json
{imports}

def handler(event, context):
    x = event["queryStringParameters"]["x"]
    body = json.loads(event["body"])
    n = int(event["queryStringParameters"]["n"])
{lines}
"""


def checks_of(text: str, trigger: Trigger = Trigger.API_V2) -> set[str]:
    project = Project("test")
    project.add("app.py", text.encode(), DEFAULT_LIMITS)
    file = project.python["app.py"]
    assert file.tree is not None, file.problem
    function = LambdaFunction("f", "app.handler", Place("app.py"), triggers=(trigger,))
    entries = [Entry(function, file, "handler")] if "def handler(" in text else find_routes(project)
    assert entries
    return {finding.check for entry in entries for finding in analyse(project, entry).findings}


def handler(imports: str, lines: str) -> str:
    return HANDLER.format(imports="\n".join(imports.split("; ")), lines=textwrap.indent(lines, "    "))


# check: imports, unsafe lines, safe lines
TWINS: dict[str, tuple[tuple[str, str, str], ...]] = {
    "event.code": (
        ("", "eval(x)", "eval('1 + 1')"),
        ("", "exec('y = ' + x)", "exec('y = 1')"),
        ("", "eval(compile(x, 'rule', 'eval'))", "eval(compile('1', x, 'eval'))"),
        ("", "__import__(x)", "__import__('json')"),
        ("import importlib", "importlib.import_module(x)", "importlib.import_module('json', package=x)"),
        ("from builtins import eval as run", "run(x)", "run('1')"),
        (
            "import code",
            "code.InteractiveInterpreter().runsource(x)",
            "code.InteractiveInterpreter().runsource('1')",
        ),
        ("import timeit", "timeit.timeit(x)", "timeit.timeit('pass', number=n)"),
        ("import pandas", "pandas.eval(x)", "pandas.eval('1', target=x)"),
        ("import ast", "eval(x)", "ast.literal_eval(x)"),
        ("import runpy", "runpy.run_path(x)", "runpy.run_path('job.py', {'x': x})"),
    ),
    "event.command": (
        ("import os", "os.system('ls ' + x)", "os.system('ls')"),
        ("import os; import shlex", "os.system('ls ' + x)", "os.system('ls ' + shlex.quote(x))"),
        ("import os", "os.popen(f'ls {x}')", "os.popen(f'ls {n}')"),
        ("import subprocess", "subprocess.run('ls ' + x, shell=True)", "subprocess.run(['ls', x])"),
        ("import subprocess", "subprocess.run([x])", "subprocess.run(['ls', '--', x], shell=False)"),
        (
            "import subprocess",
            "subprocess.run(['sh', '-c', 'ls ' + x])",
            "subprocess.run(['sh', '-c', 'ls \"$1\"', 'sh', x])",
        ),
        (
            "from subprocess import Popen as P, PIPE",
            "P(f'ls {x}', shell=True, stdout=PIPE)",
            "P(('ls', x), stdout=PIPE)",
        ),
        (
            "import subprocess",
            "subprocess.check_output(args='ls ' + x, shell=bool(1))",
            "subprocess.check_output(args=['ls', x])",
        ),
        ("import subprocess", "subprocess.getoutput('ls ' + x)", "subprocess.getoutput('ls')"),
        (
            "import asyncio",
            "asyncio.run(asyncio.create_subprocess_shell('ls ' + x))",
            "asyncio.run(asyncio.create_subprocess_exec('ls', x))",
        ),
        ("import os", "os.execvp(x, ['ls'])", "os.execvp('ls', ['ls', x])"),
        ("import os", "os.execvp('sh', ['sh', '-c', x])", "os.execvp('sh', ['sh', 'job.sh', x])"),
        (
            "import paramiko",
            "c = paramiko.SSHClient()\nc.exec_command('ls ' + x)",
            "c = paramiko.SSHClient()\nc.exec_command('ls')",
        ),
        ("import fabric", "fabric.Connection('h').run('ls ' + x)", "fabric.Connection('h').run('ls')"),
        (
            "import boto3",
            "boto3.client('ssm').send_command(DocumentName='AWS-RunShellScript', Parameters={'commands': ['ls ' + x]})",
            "boto3.client('ssm').send_command(DocumentName='AWS-RunShellScript', Parameters={'commands': ['ls']}, Comment=x)",
        ),
        ("import pexpect", "pexpect.run('ls ' + x)", "pexpect.run('ls')"),
    ),
    "event.sql": (
        (
            "import sqlite3",
            "sqlite3.connect('a').execute('SELECT ' + x)",
            "sqlite3.connect('a').execute('SELECT ?', (x,))",
        ),
        (
            "import sqlite3",
            "c = sqlite3.connect('a').cursor()\nc.execute(f'SELECT {x}')",
            "c = sqlite3.connect('a').cursor()\nc.execute(f'SELECT {n}')",
        ),
        (
            "import sqlite3",
            "sqlite3.connect('a').executescript(x)",
            "sqlite3.connect('a').executemany('INSERT INTO t VALUES (?)', [(x,)])",
        ),
        (
            "import psycopg2",
            "with psycopg2.connect('') as c, c.cursor() as k:\n    k.execute('SELECT %s' % x)",
            "with psycopg2.connect('') as c, c.cursor() as k:\n    k.execute('SELECT %s', [x])",
        ),
        (
            "import psycopg2; from psycopg2 import sql",
            "c = psycopg2.connect('').cursor()\nc.execute(sql.SQL('SELECT * FROM ' + x))",
            "c = psycopg2.connect('').cursor()\nc.execute(sql.SQL('SELECT * FROM {}').format(sql.Identifier(x)))",
        ),
        (
            "import pymysql",
            "pymysql.connect(host='h').cursor().execute('SELECT {}'.format(x))",
            "k = pymysql.connect(host='h')\nk.cursor().execute('SELECT ' + k.escape_string(x))",
        ),
        (
            "import mysql.connector",
            "mysql.connector.connect().cursor().execute('SELECT ' + x)",
            "mysql.connector.connect().cursor().execute('SELECT %s', (x,))",
        ),
        (
            "import pyodbc",
            "pyodbc.connect('d').cursor().execute('SELECT ' + x)",
            "pyodbc.connect('d').cursor().execute('SELECT ?', x)",
        ),
        (
            "from sqlalchemy import create_engine, text",
            "with create_engine('u').connect() as c:\n    c.execute(text('SELECT ' + x))",
            "with create_engine('u').connect() as c:\n    c.execute(text('SELECT :x'), {'x': x})",
        ),
        (
            "from sqlalchemy import create_engine, select, text; from models import User",
            "create_engine('u').connect().execute('SELECT ' + x)",
            "create_engine('u').connect().execute(select(User).where(User.name == x))",
        ),
        (
            "import asyncpg; import asyncio",
            "async def f():\n    c = await asyncpg.connect()\n    await c.fetch('SELECT ' + x)\nasyncio.run(f())",
            "async def f():\n    c = await asyncpg.connect()\n    await c.fetch('SELECT $1', x)\nasyncio.run(f())",
        ),
        (
            "from db import cursor",
            "cursor.execute(f\"SELECT * FROM t WHERE a = '{x}'\")",
            "cursor.execute('SELECT * FROM t WHERE a = ?', (x,))",
        ),
        (
            "from steps import machine",
            "import sqlite3\nsqlite3.connect('a').execute(x)",
            "machine.execute(x)",
        ),
        (
            "import pandas",
            "pandas.read_sql('SELECT ' + x, 'u')",
            "pandas.read_sql('SELECT ?', 'u', params=[x])",
        ),
        (
            "import boto3",
            "boto3.client('dynamodb').execute_statement(Statement=\"SELECT * FROM t WHERE a='\" + x + \"'\")",
            "boto3.client('dynamodb').execute_statement(Statement='SELECT * FROM t WHERE a=?', Parameters=[{'S': x}])",
        ),
        (
            "import boto3",
            "boto3.client('athena').start_query_execution(QueryString='SELECT ' + x)",
            "boto3.client('athena').start_query_execution(QueryString='SELECT ?', ExecutionParameters=[x])",
        ),
        (
            "import boto3",
            "boto3.client('rds-data').execute_statement(sql='SELECT ' + x)",
            "boto3.client('rds-data').execute_statement(sql='SELECT :x', parameters=[{'name': 'x', 'value': {'stringValue': x}}])",
        ),
        (
            "import boto3",
            "boto3.client('redshift-data').execute_statement(Sql='SELECT ' + x)",
            "boto3.client('redshift-data').execute_statement(Sql='SELECT :x', Parameters=[{'name': 'x', 'value': x}])",
        ),
        (
            "import boto3",
            "boto3.client('s3').select_object_content(Bucket='b', Key='k', Expression='SELECT ' + x)",
            "boto3.client('s3').select_object_content(Bucket='b', Key=x, Expression='SELECT *')",
        ),
        (
            "from google.cloud import bigquery",
            "bigquery.Client().query('SELECT ' + x)",
            "bigquery.Client().query('SELECT 1', job_config=x)",
        ),
        (
            "import psycopg2.pool",
            "psycopg2.pool.SimpleConnectionPool(1, 2).getconn().cursor().execute('SELECT ' + x)",
            "psycopg2.pool.SimpleConnectionPool(1, 2).getconn().cursor().execute('SELECT %s', (x,))",
        ),
        (
            "from sqlmodel import Session, create_engine, text",
            "Session(create_engine('u')).exec(text('SELECT ' + x))",
            "Session(create_engine('u')).exec(text('SELECT :x'), params={'x': x})",
        ),
    ),
    "event.nosql": (
        (
            "import pymongo",
            "pymongo.MongoClient().d.c.find_one({'name': body['name']})",
            "pymongo.MongoClient().d.c.find_one({'name': str(body['name'])})",
        ),
        (
            "import pymongo",
            "pymongo.MongoClient()['d']['c'].delete_many(body)",
            "pymongo.MongoClient()['d']['c'].delete_many({'name': x})",
        ),
        (
            "import pymongo",
            "pymongo.MongoClient().d.c.find({'$where': 'this.a == ' + x})",
            "pymongo.MongoClient().d.c.find({'a': x})",
        ),
        ("import pymongo", "pymongo.MongoClient().d.c.find({'name': body['name']})", "'text'.find(x)"),
        (
            "import pymongo",
            "pymongo.MongoClient().d.c.update_one({'_id': body['id']}, {'$set': {'a': 1}})",
            "pymongo.MongoClient().d.c.update_one({'_id': n}, {'$set': {'a': x}})",
        ),
        (
            "import redis",
            "redis.Redis().eval('return ' + x, 0)",
            "redis.Redis().eval('return ARGV[1]', 0, x)",
        ),
        (
            "import boto3",
            "boto3.resource('dynamodb').Table('t').scan(FilterExpression='a = ' + x)",
            "boto3.resource('dynamodb').Table('t').scan(FilterExpression='a = :x', ExpressionAttributeValues={':x': x})",
        ),
        (
            "import boto3; from boto3.dynamodb.conditions import Attr, Key",
            "boto3.client('dynamodb').query(TableName='t', KeyConditionExpression='a = ' + x)",
            "boto3.resource('dynamodb').Table('t').query(KeyConditionExpression=Key('a').eq(x) & Key('b').gt(n), FilterExpression=Attr('c').contains(x))",
        ),
    ),
    "event.path": (
        ("", "open('/tmp/' + x).read()", "open(f'/tmp/{n}').read()"),
        ("import os", "open(os.path.join('/tmp', x))", "open(os.path.join('/tmp', os.path.basename(x)))"),
        ("import os", "os.remove('/tmp/' + x)", "os.remove('/tmp/x')"),
        (
            "import os; from werkzeug.utils import secure_filename",
            "os.makedirs('/tmp/' + x)",
            "os.makedirs('/tmp/' + secure_filename(x))",
        ),
        ("import shutil", "shutil.copy(x, '/tmp/a')", "shutil.copy('/tmp/a', '/tmp/b')"),
        (
            "import shutil",
            "shutil.move('/tmp/a', '/tmp/' + x)",
            "shutil.rmtree('/tmp/a', ignore_errors=bool(x))",
        ),
        (
            "from pathlib import Path",
            "(Path('/tmp') / x).read_text()",
            "(Path('/tmp') / Path(x).name).read_text()",
        ),
        ("from pathlib import Path", "Path('/tmp', x).unlink()", "Path('/tmp', 'a').write_text(x)"),
        (
            "import zipfile",
            "zipfile.ZipFile(x)",
            "import io\nzipfile.ZipFile(io.BytesIO(x.encode())).extractall('/tmp/a')",
        ),
        (
            "import tarfile; import io; import base64",
            "tarfile.open(fileobj=io.BytesIO(base64.b64decode(x))).extractall('/tmp/a')",
            "tarfile.open(fileobj=io.BytesIO(base64.b64decode(x))).extractall('/tmp/a', filter='data')",
        ),
        (
            "import tempfile",
            "tempfile.NamedTemporaryFile(suffix=x)",
            "tempfile.NamedTemporaryFile(suffix='.txt').write(x)",
        ),
        (
            "import boto3",
            "boto3.client('s3').download_file('b', x, '/tmp/' + x)",
            "boto3.client('s3').download_file('b', x, '/tmp/a')",
        ),
        (
            "import boto3",
            "boto3.client('s3').upload_file(x, 'b', 'k')",
            "boto3.client('s3').put_object(Bucket='b', Key=x, Body=x)",
        ),
        ("import uuid", "open('/tmp/' + x, 'w')", "open('/tmp/' + str(uuid.UUID(x)), 'w')"),
        (
            "import hashlib",
            "open('/tmp/' + x, 'w')",
            "open('/tmp/' + hashlib.sha256(x.encode()).hexdigest(), 'w')",
        ),
        ("import gzip", "gzip.open(x)", "import io\ngzip.open(io.BytesIO(x.encode())).read()"),
        (
            "import os; import datetime",
            "os.listdir(x)",
            "os.listdir('/tmp/' + datetime.date.fromisoformat(x).isoformat())",
        ),
    ),
    "event.request": (
        ("import requests", "requests.get(x)", "requests.get('https://api.example.com/' + x)"),
        (
            "import requests",
            "requests.post(url='https://' + x + '/a', json={})",
            "requests.post(url='https://a.example.com/', json={'url': x})",
        ),
        (
            "import requests",
            "requests.Session().put(x)",
            "requests.Session().put('https://a.example.com/a', data=x)",
        ),
        (
            "import requests",
            "requests.request('GET', x)",
            "requests.request('GET', f'https://a.example.com/?q={x}')",
        ),
        (
            "import urllib.request",
            "urllib.request.urlopen(x)",
            "urllib.request.urlopen('https://a.example.com/' + x)",
        ),
        (
            "from urllib.request import Request, urlopen",
            "urlopen(Request(x))",
            "urlopen(Request('https://a.example.com/', headers={'x': x}))",
        ),
        ("import httpx", "httpx.get(x)", "httpx.get('https://a.example.com/', params={'x': x})"),
        (
            "import urllib3",
            "urllib3.PoolManager().request('GET', x)",
            "urllib3.PoolManager().request('GET', 'https://a.example.com/', fields={'x': x})",
        ),
        (
            "import http.client",
            "http.client.HTTPSConnection(x).request('GET', '/')",
            "http.client.HTTPSConnection('a.example.com').request('GET', '/' + x)",
        ),
        (
            "import socket",
            "socket.create_connection((x, 80))",
            "socket.create_connection(('a.example.com', n)).send(x)",
        ),
        (
            "import socket",
            "socket.socket().connect((x, 80))",
            "socket.socket().connect(('a.example.com', 80))",
        ),
        (
            "import aiohttp; import asyncio",
            "async def f():\n    async with aiohttp.ClientSession() as s, s.get(x) as r:\n        return await r.text()\nasyncio.run(f())",
            "async def f():\n    async with aiohttp.ClientSession() as s, s.get('https://a.example.com/', params={'x': x}) as r:\n        return await r.text()\nasyncio.run(f())",
        ),
        (
            "import boto3",
            "boto3.client('s3', endpoint_url=x)",
            "boto3.client('s3', endpoint_url='https://a.example.com/')",
        ),
        (
            "import boto3",
            "boto3.client('lambda').invoke(FunctionName=x)",
            "boto3.client('lambda').invoke(FunctionName='f', Payload=x)",
        ),
    ),
    "event.deserialisation": (
        (
            "import pickle; import base64",
            "pickle.loads(base64.b64decode(x))",
            "json.loads(base64.b64decode(x))",
        ),
        (
            "import pickle; import io",
            "pickle.load(io.BytesIO(x.encode()))",
            "pickle.load(open('/var/task/model', 'rb'))",
        ),
        (
            "import pickle; import io",
            "pickle.Unpickler(io.BytesIO(x.encode())).load()",
            "class Names(pickle.Unpickler):\n    def find_class(self, module, name):\n        raise ValueError(name)\nNames(io.BytesIO(x.encode())).load()",
        ),
        ("import yaml", "yaml.load(x, Loader=yaml.Loader)", "yaml.load(x, Loader=yaml.SafeLoader)"),
        ("import yaml", "yaml.load(x)", "yaml.safe_load(x)"),
        ("import yaml", "yaml.unsafe_load(x)", "yaml.load(x, yaml.CSafeLoader)"),
        (
            "import yaml; import ruamel.yaml",
            "ruamel.yaml.YAML(typ='unsafe').load(x)",
            "ruamel.yaml.YAML(typ='safe').load(x)",
        ),
        ("import marshal", "marshal.loads(x.encode())", "marshal.dumps(x)"),
        ("import jsonpickle", "jsonpickle.decode(x)", "jsonpickle.encode(x)"),
        (
            "import numpy; import io",
            "numpy.load(io.BytesIO(x.encode()), allow_pickle=True)",
            "numpy.load(io.BytesIO(x.encode()))",
        ),
        ("import dill", "dill.loads(x.encode())", "dill.dumps(x)"),
        (
            "import boto3; import pickle",
            "pickle.loads(boto3.client('s3').get_object(Bucket='b', Key=x)['Body'].read())",
            "pickle.loads(boto3.client('s3').get_object(Bucket='b', Key='model')['Body'].read())",
        ),
    ),
    "event.xml": (
        (
            "import xml.sax; import io",
            "p = xml.sax.make_parser()\np.setFeature(xml.sax.handler.feature_external_ges, True)\np.parse(io.StringIO(x))",
            "p = xml.sax.make_parser()\np.setFeature(xml.sax.handler.feature_external_ges, False)\np.parse(io.StringIO(x))",
        ),
        (
            "import xml.sax; import xml.dom.minidom",
            "p = xml.sax.make_parser()\np.setFeature(xml.sax.handler.feature_external_ges, 1)\nxml.dom.minidom.parseString(x, p)",
            "xml.dom.minidom.parseString(x)",
        ),
        (
            "from lxml import etree; import xml.etree.ElementTree as ET",
            "etree.fromstring(x)",
            "ET.fromstring(x)",
        ),
        (
            "from lxml import etree",
            "etree.fromstring(x, etree.XMLParser())",
            "etree.fromstring(x, etree.XMLParser(resolve_entities=False))",
        ),
        (
            "from lxml import etree; import io; import defusedxml.ElementTree",
            "etree.parse(io.BytesIO(x.encode()), parser=etree.XMLParser(resolve_entities=True))",
            "defusedxml.ElementTree.fromstring(x)",
        ),
        ("from lxml import etree", "etree.XML(x)", "etree.fromstring(x, etree.HTMLParser())"),
    ),
    "event.xpath": (
        (
            "from lxml import etree",
            "etree.parse('a.xml').xpath(f\"//u[@n='{x}']\")",
            "etree.parse('a.xml').xpath('//u[@n=$x]', x=x)",
        ),
        (
            "import xml.etree.ElementTree as ET",
            "ET.parse('a.xml').getroot().findall(f\"u[@n='{x}']\")",
            "ET.parse('a.xml').getroot().findall('u')",
        ),
        ("from lxml import etree", "etree.XPath('//u' + x)", "etree.XPath('//u')"),
        (
            "import elementpath; import xml.etree.ElementTree as ET",
            "elementpath.select(ET.parse('a.xml'), '/u' + x)",
            "elementpath.select(ET.parse('a.xml'), '/u', variables={'x': x})",
        ),
        (
            "from lxml import etree",
            "etree.XPathEvaluator(etree.parse('a.xml'))('//u' + x)",
            "etree.XPathEvaluator(etree.parse('a.xml'))('//u[@n=$x]', x=x)",
        ),
    ),
    "event.ldap": (
        (
            "import ldap3; from ldap3.utils.conv import escape_filter_chars",
            "ldap3.Connection('s').search('dc=a', f'(uid={x})')",
            "ldap3.Connection('s').search('dc=a', f'(uid={escape_filter_chars(x)})')",
        ),
        (
            "import ldap; import ldap.filter",
            "ldap.initialize('ldap://h').search_s('dc=a', ldap.SCOPE_SUBTREE, '(uid=' + x + ')')",
            "ldap.initialize('ldap://h').search_s('dc=a', ldap.SCOPE_SUBTREE, ldap.filter.filter_format('(uid=%s)', [x]))",
        ),
        (
            "import ldap; import re",
            "ldap.initialize('ldap://h').search_ext_s('uid=' + x, ldap.SCOPE_BASE)",
            "re.search(x, 'text')",
        ),
    ),
    "event.template": (
        ("import jinja2", "jinja2.Template(x).render()", "jinja2.Template('{{ x }}').render(x=x)"),
        (
            "import jinja2",
            "jinja2.Environment().from_string('Hi ' + x).render()",
            "jinja2.Environment().from_string('Hi {{ x }}').render(x=x)",
        ),
        (
            "import jinja2; import jinja2.sandbox",
            "jinja2.Environment(autoescape=True).from_string(x)",
            "jinja2.sandbox.SandboxedEnvironment().from_string(x).render()",
        ),
        ("from mako.template import Template", "Template(x).render()", "Template('${x}').render(x=x)"),
        ("", "x.format(event)", "'{}'.format(x)"),
        ("import string", "string.Formatter().format(x, event)", "string.Template(x).substitute(a=1)"),
    ),
    "event.log": (
        ("import logging", "logging.info('a ' + x)", "logging.info('a %r', x)"),
        (
            "import logging",
            "logging.getLogger().warning('a %s', x)",
            "logging.getLogger().warning('a %s', n)",
        ),
        ("import logging", "logging.error(f'a {x}')", "logging.error(json.dumps({'x': x}))"),
        (
            "from aws_lambda_powertools import Logger; import logging",
            "logging.getLogger(__name__).error(x)",
            "Logger().info(x)",
        ),
        ("", "print('a', x)", "print(repr(x), event)"),
    ),
    "event.trust": (
        ("import jwt", "jwt.encode({'sub': x}, 'k')", "jwt.encode({'sub': 'a', 'note': x}, 'k')"),
        (
            "import boto3",
            "boto3.resource('dynamodb').Table('t').get_item(Key={'user_id': body['user_id']})",
            "boto3.resource('dynamodb').Table('t').get_item(Key={'user_id': event['requestContext']['authorizer']['jwt']['claims']['sub']})",
        ),
        (
            "import boto3",
            "boto3.resource('dynamodb').Table('t').get_item(Key={'user_id': event['headers']['x-user-id']})",
            "boto3.resource('dynamodb').Table('t').get_item(Key={'id': event['pathParameters']['id']})",
        ),
    ),
    "event.header": (
        (
            "",
            "return {'statusCode': 200, 'headers': {'X-A': x}}",
            "return {'statusCode': 200, 'headers': {'X-A': str(n)}}",
        ),
        (
            "import urllib.parse",
            "return {'statusCode': 200, 'headers': {'X-A': x}}",
            "return {'statusCode': 200, 'headers': {'X-A': urllib.parse.quote(x)}}",
        ),
        (
            "import smtplib; from email.mime.text import MIMEText",
            "smtplib.SMTP('h').sendmail('a', ['b'], 'Subject: ' + x + '\\n\\nHello')",
            "m = MIMEText(x)\nsmtplib.SMTP('h').sendmail('a', ['b'], m.as_string())",
        ),
    ),
    "event.redirect": (
        (
            "",
            "return {'statusCode': 302, 'headers': {'Location': x}}",
            "return {'statusCode': 302, 'headers': {'Location': '/a?b=' + x}}",
        ),
    ),
    "event.html": (
        (
            "import html",
            "return {'statusCode': 200, 'headers': {'Content-Type': 'text/html'}, 'body': '<p>' + x}",
            "return {'statusCode': 200, 'headers': {'Content-Type': 'text/html'}, 'body': '<p>' + html.escape(x)}",
        ),
        (
            "import html",
            "return {'statusCode': 200, 'headers': {'Content-Type': 'text/html'}, 'body': '<p>' + x}",
            "return {'statusCode': 200, 'headers': {'Content-Type': 'application/json'}, 'body': json.dumps({'x': x})}",
        ),
        (
            "import jinja2",
            "return {'statusCode': 200, 'headers': {'Content-Type': 'text/html'}, 'body': jinja2.Environment().from_string('{{ x }}').render(x=x)}",
            "return {'statusCode': 200, 'headers': {'Content-Type': 'text/html'}, 'body': jinja2.Environment(autoescape=True).from_string('{{ x }}').render(x=x)}",
        ),
    ),
    "weak.hash": (
        ("import hashlib", "hashlib.new('MD5')", "hashlib.new('sha256')"),
        ("import hashlib", "h = hashlib.sha1\nh(b'')", "h = hashlib.sha1\nh(b'', usedforsecurity=False)"),
    ),
}
FLAT = [(check, *twin) for check, twins in TWINS.items() for twin in twins]


@pytest.mark.parametrize(("check", "imports", "unsafe", "safe"), FLAT)
def test_unsafe_line_is_found_and_safe_line_is_not(check: str, imports: str, unsafe: str, safe: str) -> None:
    assert check in checks_of(handler(imports, unsafe))
    assert check not in checks_of(handler(imports, safe))


FLASK = "import flask\nfrom flask import request, session\napp = flask.Flask(__name__)\n@app.route('/a/<b>/<int:i>', methods=['GET', 'POST'])\ndef f(b, i):\n    {line}\n    return 'done'\n"
FASTAPI = "from fastapi import FastAPI, Request\napp = FastAPI()\n@app.post('/a/{{b}}/{{i}}')\nasync def f(request: Request, b: str, i: int, q: str = ''):\n    {line}\n    return 'done'\n"
BOTTLE = "from bottle import Bottle, request\napp = Bottle()\n@app.route('/a/<b>/<i:int>')\ndef f(b, i):\n    {line}\n    return 'done'\n"
CHALICE = "from chalice import Chalice\napp = Chalice('a')\n@app.route('/a/{{b}}')\ndef f(b):\n    request = app.current_request\n    {line}\n    return {{}}\n"
POWERTOOLS = "from aws_lambda_powertools.event_handler import APIGatewayHttpResolver\napp = APIGatewayHttpResolver()\n@app.get('/a/<b>')\ndef f(b):\n    {line}\n    return {{}}\n"

REQUESTS = {
    "flask": (
        FLASK,
        (
            "b",
            "request.args['x']",
            "request.args.get('x')",
            "request.args.get('x', type=str)",
            "request.form.getlist('x')[0]",
            "request.values['x']",
            "request.cookies.get('x')",
            "request.headers['X-A']",
            "request.headers.get('X-A', '')",
            "request.json['x']",
            "request.get_json()['x']",
            "request.get_data().decode()",
            "request.data",
            "request.files['x'].filename",
            "request.files['x'].read()",
            "request.path",
            "request.query_string.decode()",
            "request.view_args['b']",
            "request.url",
            "[k for k in request.form.keys()][0]",
            "[v for k, v in request.args.items()][0]",
            "request.args.to_dict()['x']",
            "flask.request.authorization.username",
        ),
        (
            "'i'",
            "str(i)",
            "request.method",
            "request.args.get('x', type=int)",
            "session['x']",
            "str(request.content_length)",
        ),
    ),
    "fastapi": (
        FASTAPI,
        (
            "b",
            "q",
            "request.query_params['x']",
            "request.query_params.get('x')",
            "request.headers.get('x')",
            "request.cookies['x']",
            "request.path_params['x']",
            "(await request.json())['x']",
            "(await request.body()).decode()",
            "(await request.form())['x']",
            "str(request.url)",
        ),
        ("str(i)", "request.method"),
    ),
    "bottle": (
        BOTTLE,
        (
            "b",
            "request.query['x']",
            "request.query.get('x')",
            "request.query.x",
            "request.forms.get('x')",
            "request.params['x']",
            "request.json['x']",
            "request.get_cookie('x')",
            "request.headers['x']",
            "request.body.read()",
            "request.files.get('x').raw_filename",
        ),
        (
            "str(i)",
            "request.method",
            "request.get_cookie('x', secret='k')",
            "request.query.get('x', type=int)",
        ),
    ),
    "chalice": (
        CHALICE,
        (
            "b",
            "request.query_params['x']",
            "request.query_params.get('x')",
            "request.json_body['x']",
            "request.raw_body",
            "request.headers['x']",
            "request.uri_params['b']",
        ),
        ("request.method", "request.context['authorizer']['claims']['sub']"),
    ),
    "powertools": (
        POWERTOOLS,
        (
            "b",
            "app.current_event.body",
            "app.current_event.json_body['x']",
            "app.current_event.query_string_parameters['x']",
            "app.current_event.get_query_string_value('x', '')",
            "app.current_event.get_header_value('x')",
            "app.current_event.headers['x']",
        ),
        ("app.current_event.http_method", "app.current_event.request_context.request_id"),
    ),
}
SOURCES = [
    (name, framework, source, is_caller)
    for name, (framework, callers, clean) in REQUESTS.items()
    for is_caller, sources in ((True, callers), (False, clean))
    for source in sources
]


@pytest.mark.parametrize(("name", "framework", "source", "is_caller"), SOURCES)
def test_what_of_a_request_is_the_callers(name: str, framework: str, source: str, is_caller: bool) -> None:
    assert ("event.code" in checks_of(framework.format(line=f"eval({source})"))) is is_caller


ANSWERS: dict[str, tuple[str, dict[str, tuple[str, ...]], dict[str, tuple[str, ...]]]] = {
    "flask": (
        FLASK,
        {
            "event.html": (
                "return '<p>' + request.args['x']",
                "return flask.make_response('<p>' + request.args['x'])",
                "return flask.Response('<p>' + request.args['x'])",
                "return flask.Markup('<p>' + request.args['x'])",
                "return flask.render_template_string('{{{{{{{{ x|safe }}}}}}}}', x=request.args['x'])",
            ),
            "event.redirect": ("return flask.redirect(request.args['x'])",),
            "event.template": ("return flask.render_template_string('<p>' + request.args['x'])",),
            "event.trust": (
                "session['user'] = request.form['user']",
                "session[request.form['a']] = 1",
                "flask.session.update(user=request.form['user'])",
            ),
            "event.path": (
                "return flask.send_file('/tmp/' + request.args['x'])",
                "request.files['x'].save('/tmp/' + request.files['x'].filename)",
                "import PIL.Image\n    PIL.Image.open('/tmp/' + request.files['x'].filename)",
                "for one in request.files.getlist('x'):\n        open('/tmp/' + one.filename)",
                "open('/tmp/' + request.files.get('x').filename)",
            ),
        },
        {
            "event.html": (
                "return flask.escape(request.args['x'])",
                "return flask.jsonify(x=request.args['x'])",
                "return {{'x': request.args['x']}}",
                "return flask.Response(request.args['x'], mimetype='text/plain')",
                "return flask.render_template('a.html', x=request.args['x'])",
                "return flask.render_template_string('{{{{ x }}}}', x=request.args['x'])",
                "return flask.Markup('<p>{{}}').format(request.args['x'])",
                "return str(flask.Markup('<p>%s') % request.args['x'])",
            ),
            "event.redirect": ("return flask.redirect(flask.url_for('f', b=request.args['x']))",),
            "event.template": ("return flask.render_template_string('{{{{ x }}}}', x=request.args['x'])",),
            "event.trust": ("session['user'] = 'guest'", "x = session['user']"),
            "event.path": (
                "return flask.send_from_directory('/tmp', request.args['x'])",
                "import PIL.Image\n    PIL.Image.open(request.files['x'])",
                "import pandas\n    pandas.read_csv(request.files.get('x'))",
                "from werkzeug.utils import secure_filename\n    request.files['x'].save('/tmp/' + secure_filename(request.files['x'].filename))",
            ),
        },
    ),
    "fastapi": (
        FASTAPI,
        {
            "event.html": ("from fastapi.responses import HTMLResponse\n    return HTMLResponse('<p>' + q)",),
            "event.redirect": (
                "from fastapi.responses import RedirectResponse\n    return RedirectResponse(q)",
            ),
            "event.trust": ("request.session['user'] = q",),
        },
        {
            "event.html": (
                "return q",
                "from fastapi.responses import PlainTextResponse\n    return PlainTextResponse(q)",
            ),
            "event.redirect": (
                "from fastapi.responses import RedirectResponse\n    return RedirectResponse('/a?b=' + q)",
            ),
            "event.trust": ("request.session['user'] = 'guest'",),
        },
    ),
}
ANSWER_LINES = [
    (framework, check, line, is_unsafe)
    for framework, unsafe, safe in ANSWERS.values()
    for is_unsafe, checks in ((True, unsafe), (False, safe))
    for check, lines in checks.items()
    for line in lines
]


@pytest.mark.parametrize(("framework", "check", "line", "is_unsafe"), ANSWER_LINES)
def test_what_is_done_with_an_answer(framework: str, check: str, line: str, is_unsafe: bool) -> None:
    assert (check in checks_of(framework.format(line=line.format()))) is is_unsafe


FIELDS: dict[Trigger, tuple[tuple[str, ...], tuple[str, ...]]] = {
    Trigger.API_V1: (
        (
            "event['body']",
            "event['path']",
            "event['headers']['User-Agent']",
            "event['pathParameters']['id']",
            "event['queryStringParameters'].get('q')",
            "event['multiValueQueryStringParameters']['q'][0]",
            "event['requestContext']['identity']['userAgent']",
            "event['requestContext']['authorizer']['claims']['nickname']",
            "json.loads(event['body'])['a']['b'][0]",
        ),
        (
            "event['httpMethod']",
            "event['resource']",
            "event['requestContext']['requestId']",
            "event['requestContext']['authorizer']['claims']['sub']",
            "event['requestContext']['identity']['sourceIp']",
            "event['stageVariables']['table']",
            "event['headers']['X-Forwarded-Proto']",
            "context.aws_request_id",
        ),
    ),
    Trigger.API_V2: (
        (
            "event['rawPath']",
            "event['rawQueryString']",
            "event['cookies'][0]",
            "event['requestContext']['http']['path']",
        ),
        (
            "event['routeKey']",
            "event['requestContext']['http']['method']",
            "event['requestContext']['authorizer']['jwt']['claims']['sub']",
            "event['requestContext']['time']",
        ),
    ),
    Trigger.FUNCTION_URL: (("event['body']",), ("event['requestContext']['authorizer']['iam']['userArn']",)),
    Trigger.WEBSOCKET: (("event['body']",), ("event['requestContext']['connectionId']",)),
    Trigger.ALB: (
        ("event['path']", "event['headers']['host']", "event['queryStringParameters']['q']"),
        ("event['httpMethod']", "event['headers']['x-amzn-oidc-identity']"),
    ),
    Trigger.S3: (
        ("event['Records'][0]['s3']['object']['key']",),
        (
            "event['Records'][0]['s3']['bucket']['name']",
            "str(event['Records'][0]['s3']['object']['size'])",
            "event['Records'][0]['eventName']",
        ),
    ),
    Trigger.SQS: (
        (
            "event['Records'][0]['body']",
            "[r['body'] for r in event['Records']][0]",
            "event['Records'][0]['messageAttributes']['a']['stringValue']",
            "event['Records'][0]['attributes']['MessageGroupId']",
        ),
        ("event['Records'][0]['messageId']", "event['Records'][0]['attributes']['SentTimestamp']"),
    ),
    Trigger.SNS: (
        ("event['Records'][0]['Sns']['Message']", "event['Records'][0]['Sns']['Subject']"),
        ("event['Records'][0]['Sns']['TopicArn']", "event['Records'][0]['Sns']['MessageId']"),
    ),
    Trigger.DYNAMODB: (
        ("event['Records'][0]['dynamodb']['NewImage']['a']['S']",),
        ("event['Records'][0]['dynamodb']['SequenceNumber']",),
    ),
    Trigger.KINESIS: (
        ("event['Records'][0]['kinesis']['data']", "event['Records'][0]['kinesis']['partitionKey']"),
        ("event['Records'][0]['kinesis']['sequenceNumber']",),
    ),
    Trigger.KAFKA: (
        ("event['records']['t-0'][0]['value']",),
        ("event['records']['t-0'][0]['topic']",),
    ),
    Trigger.MQ: (("event['messages'][0]['data']",), ("event['messages'][0]['messageID']",)),
    Trigger.EVENTBRIDGE: (("event['detail']['a']",), ("event['id']", "event['detail-type']")),
    Trigger.SCHEDULE: ((), ("event['detail']['a']", "event['time']")),
    Trigger.COGNITO: (
        (
            "event['userName']",
            "event['request']['userAttributes']['nickname']",
            "event['request']['clientMetadata']['a']",
        ),
        ("event['userPoolId']", "event['request']['userAttributes']['sub']"),
    ),
    Trigger.STEP_FUNCTIONS: (("event['a']['b']",), ()),
    Trigger.ALEXA: (
        ("event['request']['intent']['slots']['a']['value']",),
        ("event['session']['user']['userId']", "event['request']['timestamp']"),
    ),
    Trigger.APPSYNC: (
        ("event['arguments']['a']", "event['request']['headers']['x']"),
        ("event['identity']['sub']", "event['info']['fieldName']"),
    ),
    Trigger.AUTHORIZER: (
        ("event['authorizationToken']", "event['headers']['Authorization']"),
        ("event['type']",),
    ),
    Trigger.UNKNOWN: (
        (
            "event['a']",
            "event['body']",
            "event['Records'][0]['s3']['object']['key']",
            "event['queryStringParameters']['q']",
            "event.get('name')",
        ),
        (
            "event['requestContext']['requestId']",
            "event['requestContext']['authorizer']['claims']['sub']",
            "event['Records'][0]['s3']['bucket']['name']",
        ),
    ),
}
FIELD_LINES = [
    (trigger, field, is_caller)
    for trigger, (callers, clean) in FIELDS.items()
    for is_caller, fields in ((True, callers), (False, clean))
    for field in fields
]


@pytest.mark.parametrize(("trigger", "field", "is_caller"), FIELD_LINES)
def test_what_of_an_event_is_the_callers(trigger: Trigger, field: str, is_caller: bool) -> None:
    text = f"import json\ndef handler(event, context):\n    eval({field})\n"
    assert ("event.code" in checks_of(text, trigger)) is is_caller
