//go:build race

package net_test

// raceDetector says that memory cannot be measured, since the race detector keeps more and more of it.
const raceDetector = true
