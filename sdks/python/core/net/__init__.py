"""The Net mesh, natively: events in, polls and subscriptions out."""

from net.gen import *
from net.gen import __all__ as __all__
