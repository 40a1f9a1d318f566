package pcscdtest

import (
	"bufio"
	"fmt"
	"net"
	"os"
	"strings"
)

// listening tells whether a TCP socket of this machine listens on addr's port. It looks instead of connecting,
// because to vpcd a connection is a card.
func listening(addr string) bool {
	_, port, err := net.SplitHostPort(addr)
	if err != nil {
		return false
	}
	var n int
	if _, err := fmt.Sscan(port, &n); err != nil {
		return false
	}
	local := fmt.Sprintf(":%04X", n)
	for _, table := range []string{"/proc/net/tcp", "/proc/net/tcp6"} {
		if inTable(table, local) {
			return true
		}
	}
	return false
}

// inTable looks for a local port in state 0A, listening (proc(5)).
func inTable(table, port string) bool {
	f, err := os.Open(table)
	if err != nil {
		return false
	}
	defer f.Close()
	lines := bufio.NewScanner(f)
	for lines.Scan() {
		fields := strings.Fields(lines.Text())
		if len(fields) > 3 && strings.HasSuffix(fields[1], port) && fields[3] == "0A" {
			return true
		}
	}
	return false
}
