#!/bin/sh
# version.sh prints what this source tree is: the release tag it stands on, or the coming version and the commit.
set -eu
cd "$(dirname "$0")/.."

if tag=$(git describe --tags --exact-match --match 'v[0-9]*' 2>/dev/null); then
	echo "${tag#v}"
	exit
fi
coming=$(sed -n 's/^ *Version *= *"\(.*\)"/\1/p' FyneApp.toml)
if commit=$(git rev-parse --short HEAD 2>/dev/null); then
	echo "$coming-dev+$commit"
else
	echo "$coming"
fi
