"""The Net mesh, natively: events in, polls and subscriptions out."""

from net import aio as aio
from net._kernel import NetError as NetError
from net._kernel import Stream as Stream
from net._net import live_handles as live_handles
from net.gen import *
from net.gen import __all__ as _generated

__all__ = ["NetError", "Stream", "live_handles", *_generated]
