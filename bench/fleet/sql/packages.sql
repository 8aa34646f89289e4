-- The distributions of every function's versions; a deployment brings one of them up to date.
INSERT INTO packages (time, ingested, account, region, function, version, package, package_version)
SELECT
    min(e.time), min(e.ingested), e.account, e.region, e.function, e.version,
    package,
    concat(toString(1 + cityHash64(package) % 4), '.', toString(
        cityHash64(package, e.function) % 6 + (cityHash64(e.function) % 10 = cityHash64(package) % 10 AND e.code % 2)
    ), '.0') AS package_version
FROM environments AS e
ARRAY JOIN arrayConcat(
    ['boto3', 'botocore', 'urllib3', 'requests', 'certifi', 'pydantic'],
    arrayFilter(
        name -> cityHash64(name, e.function) % 3 = 0,
        ['stripe', 'sqlalchemy', 'psycopg', 'pillow', 'numpy', 'pandas', 'jinja2', 'cryptography', 'redis', 'openai', 'lxml',
        'pyyaml', 'httpx', 'aws-lambda-powertools', 'structlog', 'reportlab', 'orjson', 'tenacity', 'opentelemetry-sdk']
    )
) AS package
WHERE e.time >= {begin:DateTime64(3)} AND e.time < {end:DateTime64(3)}
GROUP BY e.account, e.region, e.function, e.version, e.code, package
