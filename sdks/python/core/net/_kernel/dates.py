"""Calendar times."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from net import _net

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def date_of(millis: int) -> datetime:
    """A calendar time in UTC."""
    try:
        return _EPOCH + timedelta(milliseconds=millis)
    except OverflowError:
        raise _net.error(8, {"detail": f"{millis} ms is outside the calendar"}) from None


def millis_of(date: datetime) -> int:
    """Milliseconds since the Unix epoch."""
    if not isinstance(date, datetime):
        raise TypeError(f"datetime is needed, not {type(date).__name__}")
    if date.utcoffset() is None:
        raise ValueError("datetime has no time zone")
    return (date - _EPOCH) // timedelta(milliseconds=1)
