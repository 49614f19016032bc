#!/bin/sh
# Builds the testee into target/c/testee; needs target/debug/libnet_mesh.a:
#   cargo build --package net-c --features conformance
# FLAGS take the place of what finds mistakes, OUT that of the program.
set -eu
cd "$(dirname "$0")/../../.."
mkdir -p target/c
exec ${CC:-cc} -std=c11 -D_GNU_SOURCE -DNET_HAS_CONFORMANCE -g -Wall -Wextra -Werror ${FLAGS:--fsanitize=address} \
  -Isdks/c/include -Ibindings/c/include conformance/testees/c/main.c "${LIB:-target/debug/libnet_mesh.a}" \
  -o "${OUT:-target/c/testee}" -lpthread -ldl -lm
