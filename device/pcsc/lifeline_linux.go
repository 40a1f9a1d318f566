package pcsc

import (
	"os"
	"strconv"
	"sync"
	"time"

	"golang.org/x/sys/unix"
)

// lifeline is the socket between one PC/SC context and pcscd. It is there to be cut: libpcsclite waits for pcscd without
// limit in every call (pcscd answers SCardConnect only once no other program is in a transaction, and a card that never
// answers holds SCardTransmit), and SCardCancel ends none of them but SCardGetStatusChange. Nor may another thread
// release such a context: libpcsclite would wait for it holding a lock that every other call needs. When the socket
// is shut down the call fails at once, the context can be released, and pcscd lets go of what it had opened for it.
type lifeline struct {
	mu     sync.Mutex
	cutOff bool
	dialed chan struct{}  // open while the context is being opened; nil otherwise
	before map[uint64]int // sockets to pcscd, by inode, before the context was opened
	socket int            // a duplicate, so that the number stays ours; -1 while unknown
}

func newLifeline() *lifeline { return &lifeline{socket: -1} }

// dialing lets one context be opened at a time, so that the socket that is new is the one that belongs to it.
var dialing sync.Mutex

// establish runs f, which opens a context, and finds out its socket.
func (l *lifeline) establish(f func() error) error {
	dialing.Lock()
	defer dialing.Unlock()
	l.mu.Lock()
	if l.cutOff {
		l.mu.Unlock()
		return errCut
	}
	dialed := make(chan struct{})
	defer close(dialed)
	l.dialed, l.before = dialed, socketsToService()
	l.mu.Unlock()

	err := f()

	l.mu.Lock()
	defer l.mu.Unlock()
	if err == nil {
		l.find()
		if l.cutOff {
			l.shut()
		}
	}
	l.dialed, l.before = nil, nil
	return err
}

// find looks for the socket that was not there before. Without /proc, or when there is more than one, it stays
// unknown and the lifeline cannot be cut.
func (l *lifeline) find() {
	if l.socket >= 0 {
		return
	}
	socket, found := -1, 0
	for inode, fd := range socketsToService() {
		if _, old := l.before[inode]; !old {
			socket, found = fd, found+1
		}
	}
	if found != 1 {
		return
	}
	if fd, err := unix.FcntlInt(uintptr(socket), unix.F_DUPFD_CLOEXEC, 0); err == nil {
		l.socket = fd
	}
}

// cut makes the call under way on the context, and every later one, fail. It tells whether it could. A context
// whose opening has not come as far as its socket is cut as soon as it has.
func (l *lifeline) cut() bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.cutOff = true
	if l.dialed == nil {
		return l.shut()
	}
	l.find()
	if !l.shut() {
		go l.cutSoon(l.dialed)
	}
	return true
}

// cutSoon cuts a context that is being opened, unless that ends before. A socket that gets connected is no event
// anybody else is told of, so it is looked for.
func (l *lifeline) cutSoon(dialed <-chan struct{}) {
	again := time.NewTicker(5 * time.Millisecond)
	defer again.Stop()
	for {
		select {
		case <-dialed:
			return // establish has cut it, or nothing is open
		case <-again.C:
		}
		l.mu.Lock()
		done := l.dialed == nil
		if !done {
			l.find()
			done = l.shut()
		}
		l.mu.Unlock()
		if done {
			return
		}
	}
}

func (l *lifeline) shut() bool {
	return l.socket >= 0 && unix.Shutdown(l.socket, unix.SHUT_RDWR) == nil
}

func (l *lifeline) wasCut() bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.cutOff
}

// drop lets go of the socket, after the context was released.
func (l *lifeline) drop() {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.socket >= 0 {
		_ = unix.Close(l.socket)
		l.socket = -1
	}
}

// socketsToService are this process's sockets to pcscd: inode to descriptor.
func socketsToService() map[uint64]int {
	names, err := readNames("/proc/self/fd")
	if err != nil {
		return nil
	}
	path := servicePath()
	found := make(map[uint64]int)
	for _, name := range names {
		fd, err := strconv.Atoi(name)
		if err != nil {
			continue
		}
		peer, err := unix.Getpeername(fd)
		if err != nil {
			continue
		}
		if u, ok := peer.(*unix.SockaddrUnix); !ok || u.Name != path {
			continue
		}
		var st unix.Stat_t
		if unix.Fstat(fd, &st) == nil {
			found[st.Ino] = fd
		}
	}
	return found
}

func readNames(dir string) ([]string, error) {
	d, err := os.Open(dir)
	if err != nil {
		return nil, err
	}
	defer d.Close()
	return d.Readdirnames(-1)
}

// servicePath is where pcscd listens: as the environment says (pcscd(8), PCSCLITE_CSOCK_NAME), or as it is built.
func servicePath() string {
	if path := os.Getenv("PCSCLITE_CSOCK_NAME"); path != "" {
		return path
	}
	return "/run/pcscd/pcscd.comm"
}
