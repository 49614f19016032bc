"""The same classes with awaitable methods, for asyncio."""

from net._kernel import AsyncStream as AsyncStream
from net._kernel import NetError as NetError
from net.gen.aio import *
from net.gen.aio import __all__ as _generated

__all__ = ["AsyncStream", "NetError", *_generated]
