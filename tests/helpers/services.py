"""PostgreSQL and Redis on this machine, for tests. Where one does not answer, its tests are skipped with a reason.

With `OPENROUTER_REQUIRE_SERVICES=1` in the environment they fail instead: so it is where both are meant to run.
"""

from __future__ import annotations

import contextlib
import os
import uuid
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["postgres_namespace", "postgres_url", "redis_namespace", "redis_url"]

# Read now: tests begin with an environment without our variables.
_REQUIRED = os.environ.get("OPENROUTER_REQUIRE_SERVICES") == "1"
_POSTGRES = "postgresql://postgres@127.0.0.1:5432/test"
_REDIS = "redis://127.0.0.1:6379"


@pytest.fixture(scope="session")
def postgres_url() -> str:
    """Give the address of a database in which tests may make schemas."""
    try:
        import psycopg

        psycopg.connect(_POSTGRES, connect_timeout=3).close()
    except (ImportError, OSError) as error:
        _absent(_POSTGRES, error)
    except psycopg.Error as error:
        _absent(_POSTGRES, error)
    return _POSTGRES


@pytest.fixture(scope="session")
def redis_url() -> str:
    """Give the address of a Redis in which tests may make keys."""
    try:
        import redis

        with redis.Redis.from_url(_REDIS, socket_connect_timeout=3) as client:
            client.ping()
    except (ImportError, OSError) as error:
        _absent(_REDIS, error)
    except redis.RedisError as error:
        _absent(_REDIS, error)
    return _REDIS


def _absent(url: str, error: Exception) -> None:
    reason = f"{url} does not answer: {type(error).__name__}: {error}"
    if _REQUIRED:
        pytest.fail(f"{reason} (OPENROUTER_REQUIRE_SERVICES=1)", pytrace=False)
    pytest.skip(reason)


@contextlib.contextmanager
def postgres_namespace(url: str) -> Iterator[str]:
    """Give a name that no ledger in this database has, and take the ledger away afterwards."""
    import psycopg

    namespace = f"test_{uuid.uuid4().hex}"
    yield namespace
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(f'DROP SCHEMA IF EXISTS "{namespace}" CASCADE'.encode())


@contextlib.contextmanager
def redis_namespace(url: str) -> Iterator[str]:
    """Give a name that no ledger in this Redis has, and take the ledger away afterwards."""
    import redis

    namespace = f"test_{uuid.uuid4().hex}"
    yield namespace
    with redis.Redis.from_url(url) as client:
        for key in client.scan_iter(f"{{{namespace}}}:*", count=1000):
            client.delete(key)
