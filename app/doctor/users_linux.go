package doctor

import (
	"encoding/binary"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"

	"golang.org/x/sys/unix"
)

// serviceUsers are the programs connected to the PC/SC service now, this one left out, as far as this account may see
// them. pcscd does not tell who holds a reader; whoever does is among these.
func serviceUsers() []string {
	sockets, err := unixSockets()
	if err != nil {
		return nil // without the kernel's list nobody can be named
	}
	clients := map[uint32]bool{}
	for _, s := range sockets {
		if s.peer != 0 && isService(s.name) {
			clients[s.peer] = true
		}
	}
	if len(clients) == 0 {
		return nil
	}
	return owners(clients)
}

// isService tells whether a socket's name is that of pcscd, which libpcsclite takes from this variable or its build.
func isService(name string) bool {
	if own := os.Getenv("PCSCLITE_CSOCK_NAME"); own != "" {
		return name == own
	}
	return strings.HasSuffix(name, "/pcscd/pcscd.comm")
}

// owners are the programs that have one of these sockets open: "name (process ID)".
func owners(sockets map[uint32]bool) []string {
	links, _ := filepath.Glob("/proc/[0-9]*/fd/*")
	self := strconv.Itoa(os.Getpid())
	var programs []string
	for _, link := range links {
		target, err := os.Readlink(link)
		number, ok := strings.CutPrefix(target, "socket:[")
		if err != nil || !ok {
			continue
		}
		inode, err := strconv.ParseUint(strings.TrimSuffix(number, "]"), 10, 32)
		pid := strings.Split(link, "/")[2]
		if err != nil || !sockets[uint32(inode)] || pid == self {
			continue
		}
		if name := fmt.Sprintf("%s (%s)", line(filepath.Join("/proc", pid, "comm")), pid); !slices.Contains(programs, name) {
			programs = append(programs, name)
		}
	}
	return programs
}

// unixSocket is one end of a connection in the kernel's list.
type unixSocket struct {
	name string // empty on the side that did not bind it
	peer uint32 // inode of the other end; 0: none
}

// What sock_diag(7) wants and gives, from linux/sock_diag.h and linux/unix_diag.h.
const (
	sockDiagByFamily  = 20
	unixDiagShowName  = 1
	unixDiagShowPeer  = 4
	unixDiagName      = 0 // attributes
	unixDiagPeer      = 2
	unixDiagHead      = 16 // bytes of struct unix_diag_msg
	tcpEstablished    = 1  // the states are those of TCP
	unixDiagRequest   = 24 // bytes of struct unix_diag_req
	netlinkBufferSize = 1 << 16
)

// unixSockets asks the kernel for all connected Unix sockets.
func unixSockets() ([]unixSocket, error) {
	fd, err := unix.Socket(unix.AF_NETLINK, unix.SOCK_RAW|unix.SOCK_CLOEXEC, unix.NETLINK_SOCK_DIAG)
	if err != nil {
		return nil, err
	}
	defer func() { _ = unix.Close(fd) }() // it was only read from
	if err := unix.SetsockoptTimeval(fd, unix.SOL_SOCKET, unix.SO_RCVTIMEO, &unix.Timeval{Sec: 1}); err != nil {
		return nil, err
	}
	if err := unix.Sendto(fd, socketsRequest(), 0, &unix.SockaddrNetlink{Family: unix.AF_NETLINK}); err != nil {
		return nil, err
	}
	var all []unixSocket
	for buffer := make([]byte, netlinkBufferSize); ; {
		n, _, err := unix.Recvfrom(fd, buffer, 0)
		if err != nil {
			return nil, err
		}
		messages, err := syscall.ParseNetlinkMessage(buffer[:n])
		if err != nil {
			return nil, err
		}
		for _, m := range messages {
			switch m.Header.Type {
			case unix.NLMSG_DONE:
				return all, nil
			case unix.NLMSG_ERROR:
				return nil, fmt.Errorf("the kernel does not list Unix sockets")
			}
			all = append(all, parseSocket(m.Data))
		}
	}
}

// socketsRequest is a netlink header and a struct unix_diag_req that asks for names and peers.
func socketsRequest() []byte {
	native := binary.NativeEndian
	b := make([]byte, 0, unix.NLMSG_HDRLEN+unixDiagRequest)
	b = native.AppendUint32(b, unix.NLMSG_HDRLEN+unixDiagRequest)
	b = native.AppendUint16(b, sockDiagByFamily)
	b = native.AppendUint16(b, unix.NLM_F_REQUEST|unix.NLM_F_DUMP)
	b = native.AppendUint32(b, 1) // sequence number
	b = native.AppendUint32(b, 0) // to the kernel
	b = append(b, unix.AF_UNIX, 0, 0, 0)
	b = native.AppendUint32(b, 1<<tcpEstablished)
	b = native.AppendUint32(b, 0) // any inode
	b = native.AppendUint32(b, unixDiagShowName|unixDiagShowPeer)
	return append(b, 0, 0, 0, 0, 0, 0, 0, 0) // any cookie
}

// parseSocket reads a struct unix_diag_msg and its attributes (struct rtattr: length and type, two bytes each, then
// the value, padded to four).
func parseSocket(b []byte) (s unixSocket) {
	const head, align = 4, 4
	for b = b[min(unixDiagHead, len(b)):]; len(b) >= head; {
		length, kind := int(binary.NativeEndian.Uint16(b)), binary.NativeEndian.Uint16(b[2:])
		if length < head || length > len(b) {
			return s
		}
		value := b[head:length]
		switch {
		case kind == unixDiagName:
			s.name = strings.TrimRight(string(value), "\x00")
		case kind == unixDiagPeer && len(value) == 4:
			s.peer = binary.NativeEndian.Uint32(value)
		}
		b = b[min((length+align-1)&^(align-1), len(b)):]
	}
	return s
}
