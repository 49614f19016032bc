package net

// The library of this checkout: `cargo build -p net-c` makes it. CGO_LDFLAGS="-L<folder>" chooses another one, since what
// it names is searched first.

// #cgo CFLAGS: -I${SRCDIR}/../../bindings/c/include
// #cgo LDFLAGS: -L${SRCDIR}/../../target/debug -L${SRCDIR}/../../target/release
// #cgo linux LDFLAGS: -l:libnet_mesh.a -lgcc_s -lutil -lrt -lpthread -lm -ldl
// #cgo darwin LDFLAGS: -lnet_mesh -framework Security -framework CoreFoundation -liconv
// #cgo windows LDFLAGS: -lnet_mesh -lws2_32 -luserenv -lntdll -lbcrypt
import "C"
