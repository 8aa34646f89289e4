"""What is asked of databases: `event.sql` and `event.nosql`; rows that come back are nobody's words.

Every driver's connection and cursor is a `dbapi.Connection` and a `dbapi.Cursor` (PEP 249), so one row serves all.
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
    Kind,
    Part,
    Result,
    Sink,
    Tables,
    Test,
)

_SQL = frozenset({Danger.SQL})
_NOSQL = frozenset({Danger.NOSQL})

# Text of a statement, in a call on something that is not known: at least it must look like one.
_WORDS = (
    "SELECT ",
    "INSERT ",
    "UPDATE ",
    "DELETE ",
    "REPLACE ",
    "DROP ",
    "CREATE ",
    "ALTER ",
    "CALL ",
    "EXEC ",
    "MERGE ",
    "WITH ",
    "WHERE ",
    "FROM ",
    "TRUNCATE ",
    "SET ",
    "PRAGMA ",
)
_LOOKS_LIKE_SQL = Condition(
    FIRST, Test.CONTAINS, (*_WORDS, *(word.lower() for word in _WORDS)), if_unknown=False
)

_CONNECTORS = (
    "sqlite3.connect",
    "psycopg2.connect",
    "psycopg.connect",
    "psycopg.Connection.connect",
    "psycopg.AsyncConnection.connect",
    "pymysql.connect",
    "pymysql.connections.Connection",
    "MySQLdb.connect",
    "mysql.connector.connect",
    "mariadb.connect",
    "pg8000.connect",
    "pg8000.dbapi.connect",
    "pyodbc.connect",
    "pymssql.connect",
    "cx_Oracle.connect",
    "oracledb.connect",
    "redshift_connector.connect",
    "snowflake.connector.connect",
    "pyathena.connect",
    "databricks.sql.connect",
    "trino.dbapi.connect",
    "prestodb.dbapi.connect",
    "duckdb.connect",
    "aiosqlite.connect",
    "aiomysql.connect",
    "aiopg.connect",
    "aurora_data_api.connect",
    "clickhouse_driver.connect",
    "teradatasql.connect",
    "ibm_db_dbi.connect",
    "sqlalchemy.engine.Engine.raw_connection",
    "psycopg2.pool.SimpleConnectionPool.getconn",
    "psycopg2.pool.ThreadedConnectionPool.getconn",
    "psycopg_pool.ConnectionPool.connection",
)
_CONNECTION_CLASSES = (
    "sqlite3.Connection",
    "psycopg2.extensions.connection",
    "psycopg.Connection",
    "pymysql.Connection",
)
_CURSOR_CLASSES = ("sqlite3.Cursor", "psycopg2.extensions.cursor", "psycopg.Cursor", "pymysql.cursors.Cursor")
_NEW_CURSOR = Result(type="dbapi.Cursor", taint_from=())

_SQL_SINKS = (
    Sink(
        "event.sql",
        (
            "dbapi.Cursor.execute",
            "dbapi.Cursor.executemany",
            "dbapi.Cursor.executescript",
            "dbapi.Cursor.execute_async",
            "dbapi.Cursor.copy_expert",
            "dbapi.Cursor.callproc",
            "dbapi.Cursor.stream",
            "dbapi.Connection.execute",
            "dbapi.Connection.executemany",
            "dbapi.Connection.executescript",
            "dbapi.Connection.query",
            "dbapi.Connection.sql",
            "dbapi.Connection.execute_fetchall",
            "dbapi.Connection.execute_insert",
            "duckdb.execute",
            "duckdb.query",
            "duckdb.sql",
        ),
        part=Part.TEXT,
    ),
    Sink(
        "event.sql",
        ("*.execute", "*.executemany", "*.executescript"),
        when=(_LOOKS_LIKE_SQL,),
        part=Part.TEXT,
    ),
    # asyncpg: `execute(query, *arguments)` and its kin. https://magicstack.github.io/asyncpg/current/api/
    Sink(
        "event.sql",
        tuple(
            f"asyncpg.Connection.{method}"
            for method in (
                "execute",
                "executemany",
                "fetch",
                "fetchrow",
                "fetchval",
                "prepare",
                "cursor",
                "copy_from_query",
            )
        ),
        (Argument(0, "query"),),
        part=Part.TEXT,
    ),
    Sink("event.sql", ("*.fetchrow", "*.fetchval", "*.fetch"), when=(_LOOKS_LIKE_SQL,), part=Part.TEXT),
    Sink(
        "event.sql",
        (
            "pg8000.native.Connection.run",
            "clickhouse_driver.Client.execute",
            "clickhouse_connect.Client.query",
            "clickhouse_connect.Client.command",
        ),
        part=Part.TEXT,
    ),
    # The text is SQL from here on, so this is where it must be a constant.
    Sink(
        "event.sql",
        (
            "sqlalchemy.text",
            "sqlalchemy.literal_column",
            "psycopg2.sql.SQL",
            "psycopg.sql.SQL",
            "sqlalchemy.DDL",
        ),
        (Argument(0, "text"),),
        part=Part.TEXT,
    ),
    Sink(
        "event.sql",
        (
            "sqlalchemy.Connection.execute",
            "sqlalchemy.Connection.scalar",
            "sqlalchemy.Connection.scalars",
            "sqlalchemy.Connection.exec_driver_sql",
            "sqlalchemy.Engine.execute",
            "sqlalchemy.Engine.scalar",
            "sqlalchemy.Session.execute",
            "sqlalchemy.Session.scalar",
            "sqlalchemy.Session.scalars",
        ),
        (Argument(0, "statement"),),
        part=Part.TEXT,
    ),
    Sink(
        "event.sql",
        ("psycopg2.extras.execute_values", "psycopg2.extras.execute_batch"),
        (Argument(1, "sql"),),
        part=Part.TEXT,
    ),
    Sink("event.sql", ("*.exec_driver_sql", "*.execute_sql"), part=Part.TEXT),
    Sink(
        "event.sql",
        (
            "django.db.models.Manager.raw",
            "django.db.models.expressions.RawSQL",
            "peewee.SQL",
            "peewee.Model.raw",
            "peewee.Database.execute_sql",
        ),
        part=Part.TEXT,
    ),
    Sink("event.sql", ("*.raw",), when=(_LOOKS_LIKE_SQL,), part=Part.TEXT),
    # Django's own keywords. https://docs.djangoproject.com/en/5.2/ref/models/querysets/#extra
    Sink(
        "event.sql",
        ("*.extra",),
        (Argument(None, "select", element="*"), Argument(None, "where", element="*")),
        part=Part.TEXT,
    ),
    Sink(
        "event.sql",
        (
            "pandas.read_sql",
            "pandas.read_sql_query",
            "awswrangler.athena.read_sql_query",
            "awswrangler.athena.start_query_execution",
            "awswrangler.redshift.read_sql_query",
            "awswrangler.postgresql.read_sql_query",
            "awswrangler.mysql.read_sql_query",
            "awswrangler.data_api.rds.read_sql_query",
        ),
        (Argument(0, "sql"),),
        part=Part.TEXT,
    ),
    Sink(
        "event.sql",
        (
            "records.Database.query",
            "dataset.Database.query",
            "google.cloud.bigquery.Client.query",
            "pyqldb.Transaction.execute_statement",
        ),
        part=Part.TEXT,
    ),
    Sink(
        "event.sql",
        (
            "databases.Database.execute",
            "databases.Database.fetch_all",
            "databases.Database.fetch_one",
            "databases.Database.execute_many",
        ),
        (Argument(0, "query"),),
        part=Part.TEXT,
    ),
)

_QUERIES = (
    "find_one",
    "find_one_and_update",
    "find_one_and_delete",
    "find_one_and_replace",
    "count_documents",
    "delete_one",
    "delete_many",
    "update_one",
    "update_many",
    "replace_one",
)
_IS_DICT = Condition(FIRST, Test.HAS_TYPE, ("dict",), if_unknown=False)

_NOSQL_SINKS = (
    # The names are MongoDB's own, so that the collection need not be known.
    Sink(
        "event.nosql", tuple(f"*.{name}" for name in _QUERIES), (Argument(0, "filter"),), part=Part.STRUCTURE
    ),
    Sink(
        "event.nosql",
        ("pymongo.Node.find", "pymongo.Node.remove"),
        (Argument(0, "filter"),),
        part=Part.STRUCTURE,
    ),
    Sink("event.nosql", ("pymongo.Node.find",), (Argument(0, "filter", element="$where"),), part=Part.TEXT),
    Sink("event.nosql", ("pymongo.Node.aggregate",), (Argument(0, "pipeline"),), part=Part.STRUCTURE),
    Sink(
        "event.nosql",
        ("*.find", "*.aggregate", "*.remove"),
        (Argument(0, "filter"),),
        (_IS_DICT,),
        Part.STRUCTURE,
    ),
    Sink("event.nosql", ("*.aggregate",), (Argument(0, "pipeline", element="*"),), part=Part.STRUCTURE),
    Sink("event.nosql", ("*.distinct",), (Argument(1, "filter"),), part=Part.STRUCTURE),
    # JavaScript in the database. https://www.mongodb.com/docs/manual/reference/operator/query/where/
    Sink(
        "event.nosql",
        ("*.find", *(f"*.{name}" for name in _QUERIES)),
        (Argument(0, "filter", element="$where"),),
        part=Part.TEXT,
    ),
    Sink(
        "event.nosql", ("*.map_reduce", "*.inline_map_reduce"), (FIRST, Argument(1, "reduce")), part=Part.TEXT
    ),
    Sink("event.nosql", ("bson.code.Code", "bson.Code"), part=Part.TEXT),
    Sink(
        "event.nosql",
        (
            "redis.Redis.eval",
            "redis.StrictRedis.eval",
            "redis.Redis.register_script",
            "redis.Redis.script_load",
        ),
        part=Part.TEXT,
    ),
    Sink(
        "event.nosql",
        (
            "elasticsearch.Elasticsearch.search",
            "opensearchpy.OpenSearch.search",
            "elasticsearch.Elasticsearch.update_by_query",
            "elasticsearch.Elasticsearch.delete_by_query",
            "opensearchpy.OpenSearch.delete_by_query",
        ),
        (Argument(0, "body"), Argument(None, "query")),
        part=Part.STRUCTURE,
    ),
    Sink(
        "event.nosql",
        (
            "neo4j.Session.run",
            "neo4j.Transaction.run",
            "neo4j.Driver.execute_query",
            "gremlin_python.driver.client.Client.submit",
        ),
        part=Part.TEXT,
    ),
    Sink("event.nosql", ("cassandra.cluster.Session.execute",), part=Part.TEXT),
)

_STATEMENT = Result(type="sqlalchemy.Statement", taint_from=())
_BUILT = Result(type="sqlalchemy.Statement", taint_from=(RECEIVER,))

_CALLS = (
    Call(
        (
            "pymongo.MongoClient",
            "pymongo.mongo_client.MongoClient",
            "pymongo.AsyncMongoClient",
            "motor.motor_asyncio.AsyncIOMotorClient",
        ),
        Result(type="pymongo.Node", element_type="pymongo.Node", taint_from=()),
    ),
    Call(
        ("pymongo.Node.get_database", "pymongo.Node.get_collection", "pymongo.Node.get_default_database"),
        Result(type="pymongo.Node", element_type="pymongo.Node", taint_from=()),
    ),
    Call(("pymongo.Node.find", "pymongo.Node.aggregate", "pymongo.Node.distinct"), CLEAN),
    Call(_CONNECTORS, Result(type="dbapi.Connection", taint_from=())),
    Call(
        (
            "dbapi.Connection.cursor",
            "dbapi.Connection.execute",
            "dbapi.Connection.executemany",
            "dbapi.Connection.query",
            "dbapi.Connection.sql",
        ),
        _NEW_CURSOR,
    ),
    Call(("dbapi.Cursor.execute", "dbapi.Cursor.executemany", "dbapi.Cursor.executescript"), _NEW_CURSOR),
    Call(
        (
            "dbapi.Cursor.fetchone",
            "dbapi.Cursor.fetchall",
            "dbapi.Cursor.fetchmany",
            "dbapi.Connection.commit",
            "dbapi.Connection.rollback",
        ),
        CLEAN,
    ),
    Call(("*.cursor",), Result(type="dbapi.Cursor", taint_from=())),
    # The client puts the parameters in, quoted.
    Call(("dbapi.Cursor.mogrify",), Result(type="str", taint_from=(FIRST,))),
    Call(("asyncpg.connect", "asyncpg.Pool.acquire"), Result(type="asyncpg.Connection", taint_from=())),
    Call(("asyncpg.create_pool",), Result(type="asyncpg.Pool", taint_from=())),
    Call(
        (
            "asyncpg.Connection.fetch",
            "asyncpg.Connection.fetchrow",
            "asyncpg.Connection.fetchval",
            "asyncpg.Connection.execute",
        ),
        CLEAN,
    ),
    Call(("pg8000.native.Connection",), Result(type="pg8000.native.Connection", taint_from=())),
    Call(("pg8000.native.Connection.run",), CLEAN),
    Call(("clickhouse_connect.get_client",), Result(type="clickhouse_connect.Client", taint_from=())),
    Call(("cassandra.cluster.Cluster.connect",), Result(type="cassandra.cluster.Session", taint_from=())),
    Call(("dataset.connect",), Result(type="dataset.Database", taint_from=())),
    # SQLAlchemy
    Call(
        ("sqlalchemy.create_engine", "sqlmodel.create_engine"),
        Result(type="sqlalchemy.Engine", taint_from=()),
    ),
    Call(
        ("sqlalchemy.Engine.connect", "sqlalchemy.Engine.begin", "sqlalchemy.Session.connection"),
        Result(type="sqlalchemy.Connection", taint_from=()),
    ),
    Call(
        ("sqlalchemy.orm.sessionmaker", "sqlalchemy.orm.scoped_session"),
        Result(type="sqlalchemy.SessionMaker", taint_from=()),
    ),
    Call(
        (
            "sqlalchemy.SessionMaker.__call__",
            "sqlalchemy.orm.Session",
            "sqlmodel.Session",
            "sqlalchemy.SessionMaker.begin",
        ),
        Result(type="sqlalchemy.Session", taint_from=()),
    ),
    Call(
        (
            "sqlalchemy.text",
            "sqlalchemy.literal_column",
            "sqlalchemy.select",
            "sqlalchemy.insert",
            "sqlalchemy.update",
            "sqlalchemy.delete",
            "sqlalchemy.and_",
            "sqlalchemy.or_",
            "sqlalchemy.not_",
            "sqlalchemy.bindparam",
            "sqlalchemy.dialects.postgresql.insert",
            "sqlalchemy.dialects.mysql.insert",
            "sqlmodel.select",
            "sqlalchemy.Session.query",
        ),
        _STATEMENT,
    ),
    Call(
        tuple(
            f"sqlalchemy.Statement.{method}"
            for method in (
                "where",
                "filter",
                "filter_by",
                "values",
                "order_by",
                "group_by",
                "having",
                "join",
                "outerjoin",
                "limit",
                "offset",
                "select_from",
                "options",
                "distinct",
                "returning",
                "on_conflict_do_update",
                "on_conflict_do_nothing",
                "with_for_update",
                "bindparams",
                "subquery",
                "union",
                "params",
                "execution_options",
            )
        ),
        _BUILT,
    ),
    Call(
        tuple(
            f"sqlalchemy.Statement.{method}"
            for method in ("all", "first", "one", "one_or_none", "scalar", "get", "count")
        ),
        CLEAN,
    ),
    Call(
        tuple(
            f"sqlalchemy.{owner}.{method}"
            for owner in ("Connection", "Session", "Engine")
            for method in ("execute", "scalar", "scalars", "get")
        ),
        CLEAN,
    ),
    # psycopg's composed statements: names and literals are quoted, and so is what `format` puts in.
    Call(("psycopg2.sql.SQL", "psycopg.sql.SQL"), Result(type="psycopg.sql.SQL", taint_from=())),
    Call(
        (
            "psycopg2.sql.Identifier",
            "psycopg2.sql.Literal",
            "psycopg2.sql.Placeholder",
            "psycopg.sql.Identifier",
            "psycopg.sql.Literal",
            "psycopg.sql.Placeholder",
        ),
        Result(type="psycopg.sql.Composed", taint_from=()),
    ),
    Call(
        ("psycopg.sql.SQL.format", "psycopg.sql.SQL.join"), Result(type="psycopg.sql.Composed", taint_from=())
    ),
    # Rows are not what was asked with.
    Call(("pandas.read_sql", "pandas.read_sql_query", "awswrangler.athena.read_sql_query"), CLEAN),
    Call(
        tuple(
            f"*.{name}"
            for name in (
                *_QUERIES,
                "fetchone",
                "fetchall",
                "fetchmany",
                "fetchrow",
                "fetchval",
                "insert_one",
                "insert_many",
            )
        ),
        CLEAN,
    ),
    Call(
        ("redis.Redis", "redis.StrictRedis", "redis.from_url", "redis.Redis.from_url"),
        Result(type="redis.Redis", taint_from=()),
    ),
    Call(
        tuple(
            f"redis.Redis.{name}"
            for name in ("get", "hget", "hgetall", "lrange", "smembers", "exists", "incr", "mget", "eval")
        ),
        CLEAN,
    ),
    Call(("elasticsearch.Elasticsearch",), Result(type="elasticsearch.Elasticsearch", taint_from=())),
    Call(("opensearchpy.OpenSearch",), Result(type="opensearchpy.OpenSearch", taint_from=())),
    Call(("neo4j.GraphDatabase.driver",), Result(type="neo4j.Driver", taint_from=())),
    Call(("neo4j.Driver.session",), Result(type="neo4j.Session", taint_from=())),
    Call(("neo4j.Session.begin_transaction",), Result(type="neo4j.Transaction", taint_from=())),
    Call(
        ("bson.ObjectId", "bson.objectid.ObjectId"),
        Result(
            type="bson.ObjectId",
            cleanses=_NOSQL
            | _SQL
            | {Danger.HTML, Danger.PATH, Danger.COMMAND, Danger.CODE, Danger.LOG, Danger.HEADER},
        ),
    ),
)

_CLEANSERS = (
    Cleanser(
        (
            "pymysql.converters.escape_string",
            "pymysql.escape_string",
            "pymysql.converters.escape_str",
            "MySQLdb.escape_string",
            "MySQLdb._mysql.escape_string",
            "dbapi.Connection.escape_string",
            "dbapi.Connection.escape",
            "dbapi.Connection.literal",
            "mysql.connector.conversion.MySQLConverter.escape",
            "psycopg2.extensions.quote_ident",
            "psycopg2.extensions.adapt",
            "psycopg2.extensions.QuotedString",
            "pg8000.native.literal",
            "pg8000.native.identifier",
        ),
        _SQL,
        type="str",
    ),
)

TABLES = Tables(
    sinks=(*_SQL_SINKS, *_NOSQL_SINKS),
    calls=_CALLS,
    cleansers=_CLEANSERS,
    attributes=(
        # Client, database and collection: any name is the one below.
        Attribute(
            ("pymongo.Node.*",), Result(type="pymongo.Node", element_type="pymongo.Node", taint_from=())
        ),
        Attribute(
            (
                "sqlalchemy.Statement.c",
                "dbapi.Cursor.rowcount",
                "dbapi.Cursor.lastrowid",
                "dbapi.Cursor.description",
            ),
            CLEAN,
        ),
    ),
    kinds=(
        *(Kind(name, ("dbapi.Connection",)) for name in _CONNECTION_CLASSES),
        *(Kind(name, ("dbapi.Cursor",)) for name in _CURSOR_CLASSES),
        Kind("sqlalchemy.Engine"),
        Kind("redis.client.Redis", ("redis.Redis",)),
    ),
    aliases=(
        ("sqlalchemy.sql.text", "sqlalchemy.text"),
        ("sqlalchemy.sql.expression.text", "sqlalchemy.text"),
        ("sqlalchemy.sql.select", "sqlalchemy.select"),
        ("sqlalchemy.future.select", "sqlalchemy.select"),
        ("sqlalchemy.engine.Engine", "sqlalchemy.Engine"),
        ("sqlalchemy.engine.create_engine", "sqlalchemy.create_engine"),
        ("sqlalchemy.orm.session.Session", "sqlalchemy.orm.Session"),
        ("sqlmodel.text", "sqlalchemy.text"),
        ("sqlite3.dbapi2.connect", "sqlite3.connect"),
        ("psycopg2.sql.SQL.format", "psycopg.sql.SQL.format"),
    ),
)
