"""Codecs of layouts, by module of the spec."""
