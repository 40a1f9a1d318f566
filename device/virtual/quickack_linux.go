package virtual

import (
	"net"
	"syscall"
)

// acknowledgeAtOnce keeps the kernel from delaying its acknowledgement of what comes next. vpcd writes a message's
// length and the message separately and holds the second back until the first is acknowledged, which otherwise costs
// 40 ms an APDU. The option wears off, so it is set before every message; failing is only slow.
func acknowledgeAtOnce(conn net.Conn) {
	c, ok := conn.(syscall.Conn)
	if !ok {
		return
	}
	raw, err := c.SyscallConn()
	if err != nil {
		return
	}
	_ = raw.Control(func(fd uintptr) {
		_ = syscall.SetsockoptInt(int(fd), syscall.IPPROTO_TCP, syscall.TCP_QUICKACK, 1)
	})
}
