"""One connection per environment, made again when the server has dropped it."""

import psycopg
from psycopg.rows import dict_row

SCHEMA = """
DROP SCHEMA IF EXISTS bookshop CASCADE;
CREATE SCHEMA bookshop;
SET search_path TO bookshop;
CREATE TABLE books (
    id serial PRIMARY KEY, title text NOT NULL, author text, price numeric(8, 2), stock int DEFAULT 0,
    attributes jsonb DEFAULT '{}', added date DEFAULT '2024-03-01', cost numeric(8, 2) DEFAULT 1.11
);
CREATE TABLE reviews (id serial PRIMARY KEY, book_id int, reviewer text, stars int, body text);
CREATE TABLE searches (id serial PRIMARY KEY, owner text, definition jsonb);
CREATE TABLE orders (id serial PRIMARY KEY, customer text, book_id int, quantity int, note text);
CREATE TABLE staff (id serial PRIMARY KEY, login text, api_key text);
INSERT INTO staff (login, api_key) VALUES ('root', 'staff-key-7731');
INSERT INTO books (title, author, price, stock, attributes, added) VALUES
    ('The Winter''s Tale', 'W. Shakespeare', 7.50, 3, '{"format": "paper", "lang": "en"}', '2024-01-12'),
    ('Cooking for Two', 'Anne Müller', 24.00, 12, '{"format": "hard", "lang": "de"}', '2024-01-30'),
    ('Select Poems', 'Sean O''Casey', 12.25, 0, '{"format": "paper", "lang": "en"}', '2024-02-14'),
    ('雪国', '川端 康成', 15.00, 5, '{"format": "paper", "lang": "ja"}', '2024-03-03');
INSERT INTO reviews (book_id, reviewer, stars, body) VALUES (1, 'Zoe', 5, 'Great'), (1, 'Jan', 3, 'So-so');
"""
_connection = None


def connection():
    global _connection
    if _connection is None or _connection.closed:
        _connection = psycopg.connect(autocommit=True, row_factory=dict_row, connect_timeout=5)
        _connection.execute("SET search_path TO bookshop")
    return _connection


def prepare():
    with psycopg.connect(autocommit=True, connect_timeout=5) as made:
        made.execute(SCHEMA)


def rows(statement, parameters=None):
    with connection().cursor() as cursor:
        cursor.execute(statement, parameters)
        return cursor.fetchall() if cursor.description else []
