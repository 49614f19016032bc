module github.com/net-mesh/go

go 1.24
