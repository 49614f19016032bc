#!/bin/sh
# Builds the tests under AddressSanitizer with LeakSanitizer and runs them; needs target/debug/libnet_mesh.a:
#   cargo build --package net-c --features conformance
set -eu
cd "$(dirname "$0")/../../.."
mkdir -p target/c
${CXX:-c++} -std=c++17 -DNET_HAS_CONFORMANCE -Wall -Wextra -Werror -pedantic -fsyntax-only \
  -Isdks/c/include -Ibindings/c/include sdks/c/tests/headers.cpp
${CC:-cc} -std=c11 -D_GNU_SOURCE -DNET_HAS_CONFORMANCE -g -O1 -Wall -Wextra -Werror -pedantic -fsanitize=address \
  -Isdks/c/include -Ibindings/c/include sdks/c/tests/*.c "${LIB:-target/debug/libnet_mesh.a}" \
  -o target/c/tests -lpthread -ldl -lm
exec target/c/tests "$@"
