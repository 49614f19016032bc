#!/bin/sh
# Builds the bench and runs it; an argument is the number of calls a round. Needs target/release/libnet_mesh.a:
#   cargo build --release --package net-c
set -eu
cd "$(dirname "$0")/../../.."
mkdir -p target/c
${CC:-cc} -std=c11 -D_GNU_SOURCE -O2 -Wall -Wextra -Werror -pedantic -Isdks/c/include -Ibindings/c/include \
  sdks/c/bench/emit.c "${LIB:-target/release/libnet_mesh.a}" -o target/c/bench -lpthread -ldl -lm
exec target/c/bench "$@"
