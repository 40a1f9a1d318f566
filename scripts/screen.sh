#!/bin/sh
# screen.sh COMMAND... runs a command with a display of its own in memory, so that it looks the same everywhere.
set -eu
cd "$(dirname "$0")/.."
. scripts/say.sh

scripts/packages.sh screen

# The server says on descriptor 3 which display number it took, once it takes connections.
folder=$(mktemp -d)
mkfifo "$folder/number"
Xvfb -displayfd 3 -screen 0 "${SCREEN:-1920x1080x24}" -nolisten tcp 3>"$folder/number" 2>"$folder/errors" &
server=$!
trap 'kill "$server" 2>/dev/null && wait "$server" 2>/dev/null; rm -rf "$folder"' EXIT
trap 'exit 130' INT TERM
if ! read -r number <"$folder/number"; then
	cat "$folder/errors" >&2
	stop "Xvfb did not start."
fi

# Software GL, no Wayland, no session bus: the machine's own graphics and desktop stay out of it.
unset WAYLAND_DISPLAY DBUS_SESSION_BUS_ADDRESS
DISPLAY=:$number XDG_RUNTIME_DIR=$folder LIBGL_ALWAYS_SOFTWARE=1 "$@"
