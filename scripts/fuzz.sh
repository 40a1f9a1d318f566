#!/bin/sh
# fuzz.sh [TIME] fuzzes each target for TIME (as go test -fuzztime takes it), one after the other.
set -eu
cd "$(dirname "$0")/.."
. scripts/say.sh

time=${1:-1m}
for package in $(grep -rl --include='*_test.go' '^func Fuzz' . | xargs dirname | sort -u); do
	listed=$(go test -list '^Fuzz' "$package")
	for target in $(echo "$listed" | grep '^Fuzz'); do
		say "$package $target, $time"
		go test -run '^$' -fuzz "^$target\$" -fuzztime "$time" "$package"
	done
done
