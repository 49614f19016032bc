"""Encoders and decoders of the byte layouts that are stored or sent."""

from net.gen.wire import *
from net.gen.wire import __all__ as __all__
