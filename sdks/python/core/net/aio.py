"""The same classes with awaitable methods, for asyncio."""

from net.gen.aio import *
from net.gen.aio import __all__ as __all__
