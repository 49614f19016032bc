package net

// LiveHandles counts what the library keeps for this program.
var LiveHandles = liveHandles
