#!/bin/sh
# packages.sh PURPOSE... makes sure that Go is new enough and that the system packages for these purposes are
# installed; packages.txt lists them.
#
# On Debian, Ubuntu and what derives from them it installs what is missing, one line a package, as root or through
# sudo; where everything is there it says nothing and takes a blink. On any other system it says what to install
# and stops; with PACKAGES=installed it takes your word that this has been done.
set -eu
cd "$(dirname "$0")/.."
. scripts/say.sh

# listed SYSTEM PURPOSE: the packages, or nothing where the table has no such line.
listed() {
	sed -n "s/^$1 $2  *//p" scripts/packages.txt
}

# system names the kind of system this is as the table does.
system() {
	if [ "$(uname -s)" = Darwin ]; then
		echo macos
		return
	fi
	# shellcheck source=/dev/null
	ids=$(. /etc/os-release 2>/dev/null && echo "${ID:-} ${ID_LIKE:-}") || ids=
	case " $ids " in
	*" fedora "* | *" rhel "*) echo fedora ;;
	*" arch "*) echo arch ;;
	*suse*) echo suse ;;
	*) echo any ;;
	esac
}

list_and_stop() {
	say "There is no apt-get on this system, so nothing is installed for you. Tapstation needs"
	for purpose; do
		packages=$(listed "$(system)" "$purpose")
		say "  to $purpose: ${packages:-$(listed any "$purpose")}"
	done
	stop "Install that, then run the same make command again with PACKAGES=installed behind it."
}

# missing PACKAGE...: those of them that are not installed.
missing() {
	# shellcheck disable=SC2016 # the braces are dpkg-query's
	installed=" $(dpkg-query -W -f='${db:Status-Status}/${Package} ' "$@" 2>/dev/null)" || true
	for package; do
		case $installed in
		*" installed/$package "*) ;;
		*) echo "$package" ;;
		esac
	done
}

# as_root is empty for root, and else what makes us root. It asks for a password only where somebody can answer.
as_root=
if [ "$(id -u)" != 0 ]; then
	as_root=sudo
	[ -t 0 ] || as_root="sudo -n"
fi

# apt_get keeps what apt-get has to say for the case that it fails. The time-out is for the updates that a freshly
# installed system runs by itself.
apt_get() {
	# shellcheck disable=SC2086 # nothing, or words
	$as_root env DEBIAN_FRONTEND=noninteractive apt-get -o DPkg::Lock::Timeout=300 "$@" >>"$log" 2>&1
}

# quiet_postfix has Postfix installed without a configuration: so no mail server of the system's is started, now or
# later. The tests bring their own.
quiet_postfix() {
	echo "postfix postfix/main_mailer_type select No configuration" | $as_root debconf-set-selections >>"$log" 2>&1
}

# install PACKAGE...: nothing is removed for it, such as another mail server. The package lists are fetched only when those at hand do not do: they may be absent or old.
install() {
	if ! $as_root true 2>/dev/null; then
		stop "You are not root here, and sudo does not do. As root, run: apt-get install $*"
	fi
	for package; do
		say "installing $package"
	done
	log=$(mktemp)
	trap 'rm -f "$log"' EXIT
	case " $* " in
	*" postfix "*) quiet_postfix ;;
	esac
	if apt_get install -y --no-install-recommends --no-remove "$@"; then
		return
	fi
	say "fetching the package lists"
	if apt_get update && apt_get install -y --no-install-recommends --no-remove "$@"; then
		return
	fi
	tail -n 10 "$log" >&2
	stop "Could not install: $*"
}

# check_go: in this folder the go command answers only if it is as new as go.mod says, or can fetch what is.
check_go() {
	wanted="Tapstation needs Go $(sed -n 's/^go //p' go.mod) or newer: https://go.dev/dl/"
	command -v go >/dev/null || stop "There is no Go here. $wanted"
	if ! answer=$(go list -m 2>&1); then
		stop "$(command -v go) says: $answer. $wanted"
	fi
}

check_go
if [ "${PACKAGES:-}" = installed ]; then
	exit
fi
if ! command -v apt-get >/dev/null || ! command -v dpkg-query >/dev/null; then
	list_and_stop "$@"
fi
needed=
for purpose; do
	packages=$(listed debian "$purpose")
	needed="$needed ${packages:?"packages.txt has no line for $purpose"}"
done
# shellcheck disable=SC2086 # the names are words
absent=$(missing $needed | sort -u)
if [ -n "$absent" ]; then
	# shellcheck disable=SC2086
	install $absent
fi
