module github.com/net-mesh/go/conformance

go 1.24

require github.com/net-mesh/go v0.0.0

replace github.com/net-mesh/go => ../../../sdks/go
