"""Opens the database and brings its tables up to date.

The only file that knows which database it is: SQLite by default, PostgreSQL by address.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from functools import cache, partial
from pathlib import Path
from typing import Any

from alembic import command
from alembic.config import Config
from filelock import FileLock, Timeout
from sqlalchemy import Connection, DateTime, Dialect, Executable, MetaData, Table, event, func, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine
from sqlalchemy.types import TypeDecorator

from storage.direct_sqlite import connect

MIGRATIONS = Path(__file__).parent / "migrations"

# One connection a process: SQLite lets one write at a time, and within a process they had better queue than collide.
_SQLITE_OPTIONS: Mapping[str, Any] = {
    "connect_args": {"async_creator_fn": connect},
    "pool_size": 1,
    "max_overflow": 0,
    "pool_timeout": 300,
}

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s",
        "pk": "pk_%(table_name)s",
    }
)


Hold = Callable[[], Awaitable[None]]


class DatabaseUnavailable(Exception):
    """The database did not open; the message says which address (without its password) and why."""


class UtcDateTime(TypeDecorator[datetime]):
    """A moment in UTC. SQLite keeps no zone, so it is put back on reading; a naive moment is refused."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Store in UTC."""
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("a stored moment needs a time zone")
        return value.astimezone(UTC)

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Read as UTC."""
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


class Database:
    """An open database: hands out transactions, is closed once."""

    def __init__(self, engine: AsyncEngine) -> None:
        self._engine = engine

    @asynccontextmanager
    async def begin(self) -> AsyncIterator[AsyncConnection]:
        """Yield a connection in a transaction: committed at the end, rolled back on an error."""
        async with self._engine.begin() as connection:
            yield connection

    @asynccontextmanager
    async def try_holding(self, name: str) -> AsyncIterator[Hold | None]:
        """Hold a name that only one process at a time can hold, until the end; yields None where another has it.

        What is yielded says, when called, whether the name is still held: it raises SQLAlchemyError where not.

        The operating system (SQLite) or the server (PostgreSQL) frees it when the process ends, however it ends.
        """
        if self._engine.dialect.name != "sqlite":
            key = func.hashtext(f"askbay {name}")
            async with self._engine.connect() as connection:
                held = bool((await connection.execute(select(func.pg_try_advisory_lock(key)))).scalar_one())
                # The lock is the session's: no transaction need stay open for it.
                await connection.commit()
                try:
                    yield partial(_touch, connection) if held else None
                finally:
                    if held and not connection.invalidated:
                        # The connection goes back to the pool, and the lock would stay with it.
                        await connection.execute(select(func.pg_advisory_unlock(key)))
            return
        lock = FileLock(f"{self._engine.url.database}.{name}.lock")
        try:
            lock.acquire(blocking=False)
        except Timeout:
            yield None
            return
        try:
            yield _hold_by_file
        finally:
            lock.release()

    async def close(self) -> None:
        """Close every connection."""
        await self._engine.dispose()


async def _touch(connection: AsyncConnection) -> None:
    await connection.execute(select(1))
    await connection.commit()


async def _hold_by_file() -> None:
    """The operating system takes a file's lock back only when the process ends."""


def sqlite_address(path: Path) -> str:
    """Return the SQLAlchemy address of a SQLite file."""
    return f"sqlite+aiosqlite:///{path}"


async def insert_unless_there(
    connection: AsyncConnection, table: Table, rows: Sequence[Mapping[str, Any]], unique: tuple[str, ...]
) -> int:
    """Insert rows, leaving out those whose values of `unique` are there already; returns how many went in."""
    query = _make_insert(connection.dialect.name, table, unique)
    # Row by row: a statement with all rows in it is compiled anew each time, which costs more than running it.
    return sum([(await connection.execute(query, [dict(row)])).rowcount for row in rows])


@cache
def _make_insert(dialect_name: str, table: Table, unique: tuple[str, ...]) -> Executable:
    dialect: Any = sqlite if dialect_name == "sqlite" else postgresql
    statement: Executable = dialect.insert(table).on_conflict_do_nothing(index_elements=list(unique))
    return statement


async def open_database(address: str) -> Database:
    """Open the database at a SQLAlchemy address and apply the migrations it lacks.

    Raises DatabaseUnavailable where it cannot be reached or migrated.
    """
    try:
        is_sqlite = address.startswith("sqlite")
        engine = create_async_engine(
            address,
            # A failing statement is logged; what a citizen wrote is not.
            hide_parameters=True,
            **(_SQLITE_OPTIONS if is_sqlite else {"pool_pre_ping": True}),
        )
        if is_sqlite:
            event.listen(engine.sync_engine, "connect", _configure_sqlite)
        async with engine.begin() as connection:
            await connection.run_sync(_apply_migrations)
    except (SQLAlchemyError, OSError, ImportError) as error:
        raise DatabaseUnavailable(f"{_without_password(address)}: {_first_line(error)}") from error
    return Database(engine)


def _configure_sqlite(connection: Any, _record: object) -> None:
    cursor = connection.cursor()
    # WAL lets readers go on while one writes; NORMAL is safe with WAL against a crash of the process.
    cursor.execute("PRAGMA journal_mode=WAL")
    cursor.execute("PRAGMA synchronous=NORMAL")
    cursor.execute("PRAGMA foreign_keys=ON")
    cursor.close()


def _apply_migrations(connection: Connection) -> None:
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS).replace("%", "%%"))
    config.attributes["connection"] = connection
    command.upgrade(config, "head")


def _without_password(address: str) -> str:
    before, at, after = address.rpartition("@")
    return f"{before.split('://')[0]}://…@{after}" if at else address


def _first_line(error: Exception) -> str:
    return (str(error).splitlines() or [type(error).__name__])[0]
