#!/bin/sh
# windows.sh VERSION cross-compiles the whole program for Windows on amd64 into build/windows, with the DLLs it needs.
set -eu
cd "$(dirname "$0")/.."
. scripts/say.sh

version=$1
out=build/windows

# Debian has a compiler for each kind of threads and names them apart; others have only the one wanted here.
compiler() {
	command -v "x86_64-w64-mingw32-$1-posix" || command -v "x86_64-w64-mingw32-$1"
}

# go-libfido2 brings libfido2's headers and libraries for Windows.
libfido2=$(go list -m -f '{{.Dir}}' github.com/keys-pub/go-libfido2)/windows

GOOS=windows GOARCH=amd64 CGO_ENABLED=1 CC=$(compiler gcc) CXX=$(compiler g++) \
	CGO_CFLAGS="-O2 -I$libfido2/include" CGO_LDFLAGS="-O2 -L$libfido2/lib" \
	go build -ldflags "-H=windowsgui -X main.version=$version" -o "$out/tapstation.exe" .

# libfido2 and the crypto library that it loads. Both want Microsoft's Visual C++ runtime on the machine.
install -m 644 "$libfido2/lib/fido2.dll" "$libfido2/lib/crypto-45.dll" "$out/"
say "In $out: tapstation.exe, fido2.dll, crypto-45.dll"
