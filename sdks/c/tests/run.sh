#!/bin/sh
# Builds the tests as C11 and as C++17 under AddressSanitizer with LeakSanitizer and runs both; an argument runs those
# whose names contain it. Needs redis-server and hiredis (apt-get install
# redis-server libhiredis-dev), and target/debug/libnet_mesh.a:
#   cargo build --package net-c --features conformance
set -eu
cd "$(dirname "$0")/../../.."
mkdir -p target/c
build() {
  program=$1
  shift
  "$@" -D_GNU_SOURCE -DNET_HAS_CONFORMANCE -g -O1 -Wall -Wextra -Werror -pedantic -fsanitize=address \
    -Isdks/c/include -Ibindings/c/include sdks/c/tests/*.c -x none "${LIB:-target/debug/libnet_mesh.a}" \
    -o "$program" -lhiredis -lpthread -ldl -lm
}
build target/c/tests "${CC:-cc}" -std=c11
build target/c/tests-cpp "${CXX:-c++}" -x c++ -std=c++17
target/c/tests-cpp "$@"
exec target/c/tests "$@"
