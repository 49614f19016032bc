//go:build !race

package net_test

// raceDetector says that memory can be measured.
const raceDetector = false
