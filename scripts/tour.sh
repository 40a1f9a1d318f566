#!/bin/sh
# tour.sh [DIR] drives the real windows along the main path and leaves a picture of each screen in DIR.
set -eu
cd "$(dirname "$0")/.."

folder=${1:-build/tour}
mkdir -p "$folder"
SCREEN=1920x1080x24 scripts/screen.sh build/tapstation tour "$folder"
