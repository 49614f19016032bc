package net

// LiveHandles counts what the library keeps for this program.
var LiveHandles = liveHandles

// Matches tells why a library of a spec is refused.
var Matches = matches
