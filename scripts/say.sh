# Sourced by the other scripts: how they talk.
# shellcheck shell=sh

# say prints to the person, and leaves standard output to results.
say() {
	printf '%s\n' "$*" >&2
}

# stop says why and ends the script.
stop() {
	say "$*"
	exit 1
}
