"""The Net SDK: every name of `net` under the name of the SDK."""

from net import *
from net import __all__ as __all__
