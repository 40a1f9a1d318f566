#!/bin/sh
# run.sh [ARGUMENT...] opens the window, or where nothing can show one, takes its pictures.
set -eu
cd "$(dirname "$0")/.."
. scripts/say.sh

if [ "$(uname -s)" = Darwin ] || [ -n "${DISPLAY:-}${WAYLAND_DISPLAY:-}" ]; then
	exec build/tapstation "$@"
fi
say "There is no display here (neither DISPLAY nor WAYLAND_DISPLAY is set): taking the tour's pictures instead."
exec scripts/tour.sh
