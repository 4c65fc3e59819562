"""Whether the message broker answers."""

import contextlib

from integrations.errors import Retryable

PATIENCE_SECONDS = 2.0


def knock_at_broker(url: str) -> None:
    """Return when the broker at an `amqp(s)` or `redis(s)` address lets us in, else raise `Retryable`."""
    if url.startswith("redis"):
        _knock_at_redis(url)
    else:
        _knock_at_rabbitmq(url)


def _knock_at_redis(url: str) -> None:
    import redis

    patience = {"socket_connect_timeout": PATIENCE_SECONDS, "socket_timeout": PATIENCE_SECONDS}
    try:
        with contextlib.closing(redis.Redis.from_url(url, **patience)) as client:
            client.ping()
    except (redis.RedisError, OSError) as trouble:
        raise Retryable(f"the broker does not answer ({type(trouble).__name__})") from None


def _knock_at_rabbitmq(url: str) -> None:
    import pika
    from pika.exceptions import AMQPError

    parameters = pika.URLParameters(url)
    parameters.socket_timeout = parameters.stack_timeout = PATIENCE_SECONDS
    parameters.blocked_connection_timeout = PATIENCE_SECONDS
    parameters.connection_attempts = 1
    try:
        pika.BlockingConnection(parameters).close()
    except (AMQPError, OSError) as trouble:
        raise Retryable(f"the broker does not answer ({type(trouble).__name__})") from None
