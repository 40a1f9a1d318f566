#!/bin/sh
# fuzz.sh [TIME] fuzzes each target for TIME (as go test -fuzztime takes it), one after the other.
set -eu
cd "$(dirname "$0")/.."
. scripts/say.sh

time=${1:-1m}
grep -rl --include='*_test.go' '^func Fuzz' . | xargs -r -n 1 dirname | sort -u | while read -r package; do
	for target in $(go test -list '^Fuzz' "$package" | grep '^Fuzz'); do
		say "$package $target, $time"
		go test -run '^$' -fuzz "^$target\$" -fuzztime "$time" "$package"
	done
done
