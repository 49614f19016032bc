// Package tests holds the tests that need a server. They are a module of their own, so that the SDK does not depend on
// the clients they use.
package tests
