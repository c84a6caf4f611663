"""Connections to PostgreSQL that end, rather than wait for ever, when the server hangs."""

from __future__ import annotations

__all__ = ["connect"]

from typing import Any, TypeVar

import psycopg
from psycopg.abc import PQGen
from psycopg.pq import TransactionStatus
from psycopg.types.json import Jsonb

_CONNECT_SECONDS = 10
# For which an answer is waited for. TCP has no part in that: the kernel of a server that hangs
# says that all is well.
_ANSWER_SECONDS = 60.0
# A peer that went without a word, as with its power, is given up within about a minute: a server
# by the options of a connection, a client by what the server is told.
_NOTICE_SERVER: dict[str, Any] = {
    "connect_timeout": _CONNECT_SECONDS,
    "keepalives_idle": 30,
    "keepalives_interval": 10,
    "keepalives_count": 3,
    "tcp_user_timeout": 60_000,
}
_SETTINGS = {
    "tcp_keepalives_idle": "30",
    "tcp_keepalives_interval": "10",
    "tcp_keepalives_count": "3",
    "tcp_user_timeout": "60s",
    "statement_timeout": "50s",  # what nobody waits for any more holds no locks
}
# Which leaves out what a server does not know: `tcp_user_timeout` came with PostgreSQL 12.
_SET = """
SELECT set_config(name, given.value, false)
FROM pg_settings JOIN jsonb_each_text(%s) AS given (name, value) USING (name)
"""

T = TypeVar("T")


class _Connection(psycopg.Connection[Any]):
    """One that is closed when the server does not answer in time."""

    def wait(self, gen: PQGen[T], interval: float = 0.1, timeout: float | None = None) -> T:
        try:
            return super().wait(gen, interval, _ANSWER_SECONDS if timeout is None else timeout)
        except psycopg.OperationalError as error:
            if self.info.transaction_status is not TransactionStatus.ACTIVE:
                raise
            self.close()  # where that answer would be taken for the next one
            raise psycopg.OperationalError(
                f"the server has not answered for {_ANSWER_SECONDS:g} seconds"
            ) from error


def connect(address: str, *, autocommit: bool, name: str | None = None) -> psycopg.Connection[Any]:
    """Connect to a server.

    Parameters
    ----------
    name
        By which the server knows the connection among others.

    Raises
    ------
    psycopg.OperationalError
        If it cannot be reached, and whenever it does not answer within a minute.
    """
    options = _NOTICE_SERVER if name is None else {**_NOTICE_SERVER, "application_name": name}
    connection = _Connection.connect(address, autocommit=True, **options)
    try:
        connection.execute(_SET, (Jsonb(_SETTINGS),))
        connection.autocommit = autocommit
    except BaseException:
        connection.close()
        raise
    return connection
