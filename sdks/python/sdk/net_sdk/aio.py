"""The same classes with awaitable methods, for asyncio."""

from net.aio import *
from net.aio import __all__ as __all__
