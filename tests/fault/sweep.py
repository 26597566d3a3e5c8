"""Every table and column of the ledger's file, as its own schema names them, spoilt in each way there is: whatever verify does not
find must have changed nothing. A new table is spoilt without a word here."""

import random
import re
import sqlite3

from tamper import dump, other_value

# Tables that are no part of the ledger.
BESIDE = {"refused"}  # answers to refusals are kept for a day so that a retry is told the same; they are no state
# Tables of which the ledger that is spoilt has no row.
EMPTY = set()


def tables(ledger):
    names = [name for (name,) in ledger.rows("SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite_%' ORDER BY 1")]
    return [name for name in names if name not in BESIDE]


def columns(ledger, table):
    """(name, type, place in the primary key or 0) of each."""
    return ledger.rows(f"SELECT name, type, pk FROM pragma_table_info('{table}')")


def key_of(ledger, table):
    """The primary key, or what is unique in its place."""
    key = [name for name, _, place in sorted(columns(ledger, table), key=lambda column: column[2]) if place]
    return key or [name for (name,) in ledger.rows(
        f"SELECT i.name FROM pragma_index_list('{table}') l, pragma_index_info(l.name) i "
        "WHERE l.\"unique\" AND i.name IS NOT NULL ORDER BY i.seqno")]  # what an index has of expressions follows from its row


def queries(ledger):
    """What any reader of the database would be told."""
    made = ["SELECT type, name, tbl_name, sql FROM sqlite_schema WHERE name NOT GLOB 'sqlite_stat*' ORDER BY 1, 2", "PRAGMA user_version"]
    for table in tables(ledger):
        made.append(f"SELECT {', '.join(name for name, _, _ in columns(ledger, table))} FROM {table} NOT INDEXED")
        made += queries_of_indexes(ledger, table)
    return made


def queries_of_indexes(ledger, table):
    """What stands in each index, read from there and in its order."""
    for name, origin, is_partial in ledger.rows(f"SELECT name, origin, partial FROM pragma_index_list('{table}')"):
        if not is_partial and not (origin == "pk" and is_without_rowids(ledger, table)):
            keys = [key for (key,) in ledger.rows(f"SELECT name FROM pragma_index_info('{name}') ORDER BY seqno")]
            if None in keys:  # of expressions, as its text has them
                keys = [re.search(r" ON \w+ \((.*)\)$", ledger.one(f"SELECT sql FROM sqlite_schema WHERE name = '{name}'"))[1]]
            keys = ", ".join(keys)
            yield f"SELECT {keys}, rowid FROM {table} INDEXED BY {name} ORDER BY {keys}"


def is_without_rowids(ledger, table):
    return "WITHOUT ROWID" in ledger.one(f"SELECT sql FROM sqlite_schema WHERE name = '{table}'")


def rows_of(ledger, table):
    """The keys of the first row, of one in the middle and of the last."""
    key = ", ".join(key_of(ledger, table))
    keys = ledger.rows(f"SELECT {key} FROM {table} ORDER BY {key}")
    return list(dict.fromkeys([keys[0], keys[len(keys) // 2], keys[-1]]))


def at(ledger, table):
    """The condition for the row with a key, its values to be bound."""
    return " AND ".join(f"{name} IS ?" for name in key_of(ledger, table))


def alter(table, column, key, value):
    def spoil(connection, ledger):
        change = f"UPDATE {table} SET {column} = ? WHERE {at(ledger, table)}"
        try:
            connection.execute(change, (value, *key))
        except sqlite3.IntegrityError:  # the next number is taken
            connection.execute(change, (value + 1000003 if isinstance(value, int) else value, *key))
    return spoil


def delete(table, key):
    def spoil(connection, ledger):
        connection.execute(f"DELETE FROM {table} WHERE {at(ledger, table)}", key)
    return spoil


def empty(table):
    def spoil(connection, _):
        connection.execute(f"DELETE FROM {table}")
    return spoil


def cut(table):
    """The newest third."""
    def spoil(connection, ledger):
        key = ", ".join(key_of(ledger, table))
        count = connection.execute(f"SELECT (count(*) + 2) / 3 FROM {table}").fetchone()[0]
        connection.execute(f"DELETE FROM {table} WHERE ({key}) IN (SELECT {key} FROM {table} "
                           f"ORDER BY {key.replace(',', ' DESC,')} DESC LIMIT {count})")
    return spoil


def swap(table, one, other):
    """Two rows change places: each gets the other's key."""
    def spoil(connection, ledger):
        names = [name for name, _, _ in columns(ledger, table)]
        rest = [name for name in names if name not in key_of(ledger, table)]
        contents = [connection.execute(f"SELECT {', '.join(rest) or 'NULL'} FROM {table} WHERE {at(ledger, table)}", key).fetchone()
                    for key in (one, other)]
        for key in (one, other):
            connection.execute(f"DELETE FROM {table} WHERE {at(ledger, table)}", key)
        for key, content in zip((one, other), reversed(contents)):
            connection.execute(f"INSERT INTO {table} ({', '.join(key_of(ledger, table) + rest)}) "
                               f"VALUES ({', '.join('?' * len(names))})", (*key, *content[:len(rest)]))
    return spoil


def double(table, key):
    """A copy under another key; whatever must be unique differs too."""
    def spoil(connection, ledger):
        names = [name for name, _, _ in columns(ledger, table)]
        row = dict(zip(names, connection.execute(f"SELECT {', '.join(names)} FROM {table} WHERE {at(ledger, table)}", key).fetchone()))
        unique = set(key_of(ledger, table)[-1:])
        for (index,) in connection.execute(f"SELECT name FROM pragma_index_list('{table}') WHERE \"unique\"").fetchall():
            unique.add(connection.execute(f"SELECT name FROM pragma_index_info('{index}') ORDER BY seqno DESC").fetchone()[0])
        for name in unique:
            value = row[name]
            row[name] = value + 1000 if isinstance(value, int) else \
                value[:-1] + bytes([value[-1] ^ 1]) if isinstance(value, bytes) else value[:-1] + ("?" if value[-1:] == "!" else "!")
        connection.execute(f"INSERT INTO {table} ({', '.join(names)}) VALUES ({', '.join('?' * len(names))})", tuple(row.values()))
    return spoil


def splice(table, key, other):
    """A row of another node's ledger instead of one of ours, under our key; and the same beside ours, under its own."""
    def spoil(connection, ledger):
        names = [name for name, _, _ in columns(ledger, table)]
        rest = [name for name in names if name not in key_of(ledger, table)]
        theirs = rows_of(other, table)[-1]
        row = other.rows(f"SELECT {', '.join(names)} FROM {table} WHERE " +
                         " AND ".join(f"{name} IS {literal(value)}" for name, value in zip(key_of(other, table), theirs)))[0]
        if rest:
            try:
                connection.execute(f"UPDATE {table} SET {', '.join(f'{name} = ?' for name in rest)} WHERE {at(ledger, table)}",
                                   (*[row[names.index(name)] for name in rest], *key))
                return
            except sqlite3.IntegrityError:  # unique, and ours already: beside it then
                pass
        connection.execute(f"INSERT OR REPLACE INTO {table} ({', '.join(names)}) VALUES ({', '.join('?' * len(names))})", row)
    return spoil


def literal(value):
    if isinstance(value, bytes):
        return f"x'{value.hex()}'"
    return str(value) if isinstance(value, int) else "'" + value.replace("'", "''") + "'"


def loose_values(value):
    """What no column of that type holds: nothing, another type, more behind a NUL, another length."""
    if value is not None:
        yield None
    if isinstance(value, str):
        yield from (value.encode(), value + "\0x")
    elif isinstance(value, bytes):
        yield from ("text", value + b"\0", value[:-1])
    elif isinstance(value, int):
        yield from (value + 0.5, b"1", 2**63 - 1)


def value_at(ledger, table, column, key):
    return ledger.rows(f"SELECT {column} FROM {table} WHERE " +
                       " AND ".join(f"{name} IS {literal(value)}" for name, value in zip(key_of(ledger, table), key)))[0][0]


def cases_of_columns(ledger):
    for table in tables(ledger):
        if table not in EMPTY:
            for column, kind, _ in columns(ledger, table):
                for key in rows_of(ledger, table):
                    yield (f"{table}.{column} at {key}", False,
                           alter(table, column, key, other_value(value_at(ledger, table, column, key), kind)))


def cases_of_types(ledger):
    """In the last row of each table, with no constraint in force."""
    for table in tables(ledger):
        if table not in EMPTY:
            key = rows_of(ledger, table)[-1]
            for column, _, _ in columns(ledger, table):
                for value in loose_values(value_at(ledger, table, column, key)):
                    yield f"{table}.{column} = {value!r:.40}", True, alter(table, column, key, value)


def cases_of_rows(ledger, other):
    for table in tables(ledger):
        if table in EMPTY:
            continue
        keys = rows_of(ledger, table)
        for key in keys:
            yield f"{table}: {key} deleted", False, delete(table, key)
        yield f"{table}: all deleted", False, empty(table)
        yield f"{table}: cut", False, cut(table)
        yield f"{table}: doubled", False, double(table, keys[-1])
        if len(keys) > 1:
            yield f"{table}: swapped", False, swap(table, keys[0], keys[-1])
        yield f"{table}: another node's row", False, splice(table, keys[-1], other)


def some(cases, count, seed):
    return cases if count is None or count >= len(cases) else random.Random(seed).sample(cases, count)


def check(ledger, verifier, whole, case):
    """None where the case is found, or has changed nothing; else what it was."""
    name, loosen, spoil = case
    copy = ledger.copy()
    try:
        with copy.sql(loosen) as connection:
            try:
                spoil(connection, ledger)
            except sqlite3.IntegrityError:
                return "impossible"
        answer = verifier(copy)
        if answer.startswith("ok "):
            return None if dump(copy, queries(ledger)) == whole else f"unseen: {name}"
        return None if answer.startswith("broken ") and len(answer.split(" ", 3)) == 4 else f"{answer}: {name}"
    finally:
        copy.remove()
