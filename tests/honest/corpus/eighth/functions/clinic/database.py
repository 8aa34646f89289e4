import os

import pymysql

SETUP = """
DROP DATABASE IF EXISTS clinic;
CREATE DATABASE clinic CHARACTER SET utf8mb4;
USE clinic;
CREATE TABLE patients (id INT PRIMARY KEY AUTO_INCREMENT, name VARCHAR(120), born DATE, city VARCHAR(80), phone VARCHAR(40), notes TEXT, FULLTEXT(notes));
CREATE TABLE visits (id INT PRIMARY KEY AUTO_INCREMENT, patient_id INT, day DATE, doctor VARCHAR(80), reason TEXT, fee DECIMAL(8,2));
CREATE TABLE users (id INT PRIMARY KEY AUTO_INCREMENT, email VARCHAR(120), password_hash VARCHAR(120), role VARCHAR(20));
CREATE TABLE settings (name VARCHAR(60) PRIMARY KEY, value TEXT);
INSERT INTO users (email, password_hash, role) VALUES ('chief@example.org', 'pbkdf2-6620-hash', 'admin'), ('ann@example.org', 'x', 'nurse');
INSERT INTO patients (name, born, city, phone, notes) VALUES
 ('Siobhán O\\'Connor', '1984-02-29', 'Cork', '+353 21 123', 'allergic to penicillin; wears glasses'),
 ('Łukasz Żółć', '1990-11-03', 'Łódź', '+48 42 555', 'broken arm, union of bones was slow'),
 ('Max Huber', '1971-05-17', 'Linz', '0732/4711', 'select diet, no sugar');
INSERT INTO visits (patient_id, day, doctor, reason, fee) VALUES (1, '2024-03-01', 'Dr. Rossi', 'check-up', 60), (1, '2024-03-09', 'Dr. Chen', 'flu', 45.5), (3, '2024-04-02', 'Dr. Rossi', 'diet', 80);
INSERT INTO settings VALUES ('report_title', 'Visits'), ('default_city', 'Cork');
"""


def connect(database="clinic"):
    return pymysql.connect(
        host=os.environ["MYSQL_HOST"],
        port=int(os.environ["MYSQL_PORT"]),
        user=os.environ["MYSQL_USER"],
        database=database,
        charset="utf8mb4",
        autocommit=True,
        connect_timeout=5,
        cursorclass=pymysql.cursors.DictCursor,
    )


def prepare():
    made = connect(None)
    with made.cursor() as cursor:
        for statement in SETUP.split(";\n"):
            if statement.strip():
                cursor.execute(statement)
    made.close()


class Database:
    """A thin layer that every function of the team shares."""

    def __init__(self):
        self.connection = None

    def query(self, statement, *parameters):
        if self.connection is None or not self.connection.open:
            self.connection = connect()
        self.connection.ping(reconnect=True)
        with self.connection.cursor() as cursor:
            cursor.execute(statement, parameters or None)
            return list(cursor.fetchall())

    def select(self, table, columns="*", where="", order="", limit=""):
        statement = f"SELECT {columns} FROM {table}"
        if where:
            statement += f" WHERE {where}"
        if order:
            statement += f" ORDER BY {order}"
        if limit:
            statement += f" LIMIT {limit}"
        return self.query(statement)
