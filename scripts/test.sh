#!/bin/sh
# test.sh [FLAG...] runs go vet and every test: with the race detector wherever the test does not link the window
# driver, whose C code would double the time for no Go of ours; there without it.
set -eu
cd "$(dirname "$0")/.."

go vet ./...

race=-race
case $(go env GOOS)/$(go env GOARCH) in
linux/amd64 | linux/arm64 | darwin/* | windows/amd64) ;;
*) race= ;; # Go has no race detector there.
esac

# The variant "P [P.test]" and the test's own main, "P.test", carry everything that a test of P links.
with_driver=$(go list -test -f '{{.ImportPath}} {{join .Deps " "}}' ./... | awk '
	/go-gl\/glfw/ { p = $1; sub(/(_test)?(\.test)?$/, "", p); print p }' | sort -u)
without_driver=$(go list ./... | grep -vxF "${with_driver:-none}" || true)

status=0
# shellcheck disable=SC2086 # package paths are words
[ -z "$without_driver" ] || go test $race "$@" $without_driver || status=1
# shellcheck disable=SC2086
[ -z "$with_driver" ] || go test "$@" $with_driver || status=1
exit "$status"
