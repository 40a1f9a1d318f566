#!/bin/sh
# bench.sh runs every benchmark and prints what it measured; benchmarks print their budget beside it, and fail over it.
set -eu
cd "$(dirname "$0")/.."

packages=$(grep -rl --include='*_test.go' '^func Benchmark' . | xargs dirname | sort -u)
# One package at a time, so that they do not take the processor from each other.
# shellcheck disable=SC2086 # package paths are words
go test -p 1 -run '^$' -bench . -benchmem $packages
