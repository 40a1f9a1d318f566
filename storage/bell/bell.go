// Package bell lets a process that comes later tell the one that has the window of a data folder what it is to show. The
// bell is a socket in the folder, which nobody but the folder's owner can ring, and what is said there is written nowhere.
//
// Only the process that has the claim on the window may hang it up: a socket that it finds is left over from one that
// died.
package bell

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net"
	"os"
	"path/filepath"
	"strings"
	"time"
)

const (
	name = "window.sock"
	// MaxWords is how much can be said at once, in bytes.
	MaxWords = 2048
	// patience is how long either side waits for the other; both are on this machine.
	patience = 5 * time.Second
	heard    = "heard"
)

// ErrNobody means that nobody has hung a bell up in the folder, or nobody lives there any more.
var ErrNobody = errors.New("nobody listens in the data folder")

var (
	errWords   = fmt.Errorf("not one line of 1 to %d bytes", MaxWords)
	errNotOurs = errors.New("there is something else of that name")
)

// Bell is hung up until Close, or until Run ends.
type Bell struct{ listener net.Listener }

// Hang hangs the bell of a folder up.
func Hang(folder string) (*Bell, error) {
	path := filepath.Join(folder, name)
	b, err := hang(path)
	if err != nil {
		return nil, fmt.Errorf("listen for other processes: %w", err)
	}
	return b, nil
}

func hang(path string) (*Bell, error) {
	switch info, err := os.Lstat(path); {
	case errors.Is(err, fs.ErrNotExist):
	case err != nil:
		return nil, err
	case info.Mode().IsRegular() || info.IsDir():
		return nil, &os.PathError{Op: "listen", Path: path, Err: errNotOurs}
	default:
		if err := os.Remove(path); err != nil {
			return nil, err
		}
	}
	l, err := net.Listen("unix", path)
	if err != nil {
		return nil, err
	}
	if err := os.Chmod(path, 0o600); err != nil {
		return nil, errors.Join(err, l.Close())
	}
	return &Bell{l}, nil
}

// Close takes the bell down.
func (b *Bell) Close() error {
	if err := b.listener.Close(); err != nil && !errors.Is(err, net.ErrClosed) {
		return err
	}
	return nil
}

// Run hands whatever is said to listen, one after another, until ctx ends; then the bell is taken down. Who rang is
// answered once listen has returned.
func (b *Bell) Run(ctx context.Context, listen func(words string)) error {
	stop := context.AfterFunc(ctx, func() { _ = b.listener.Close() })
	defer stop()
	for {
		c, err := b.listener.Accept()
		switch {
		case ctx.Err() != nil:
			if err == nil {
				_ = c.Close()
			}
			return nil
		case err != nil:
			return fmt.Errorf("listen for other processes: %w", err)
		}
		// Whoever rings and says nothing that makes sense is not listened to; there is nobody to tell.
		_ = answer(ctx, c, listen)
	}
}

func answer(ctx context.Context, c net.Conn, listen func(string)) error {
	defer func() { _ = c.Close() }()
	stop := context.AfterFunc(ctx, func() { _ = c.Close() })
	defer stop()
	if err := c.SetDeadline(time.Now().Add(patience)); err != nil {
		return err
	}
	line, err := bufio.NewReader(io.LimitReader(c, MaxWords+1)).ReadString('\n')
	if err != nil {
		return err
	}
	words := strings.TrimSuffix(line, "\n")
	if err := check(words); err != nil {
		return err
	}
	listen(words)
	_, err = io.WriteString(c, heard+"\n")
	return err
}

// check fails unless words are one line that can be said.
func check(words string) error {
	if words == "" || len(words) > MaxWords || strings.ContainsAny(words, "\n\r\x00") {
		return errWords
	}
	return nil
}

// Ring says words to whoever has the folder's bell, and returns when they were heard. It fails with ErrNobody when there
// is none.
func Ring(ctx context.Context, folder, words string) error {
	if err := check(words); err != nil {
		return fmt.Errorf("tell the window: %w", err)
	}
	if err := ring(ctx, filepath.Join(folder, name), words); err != nil {
		return fmt.Errorf("tell the window: %w", err)
	}
	return nil
}

func ring(ctx context.Context, path, words string) error {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	c, err := (&net.Dialer{}).DialContext(ctx, "unix", path)
	if errors.Is(err, fs.ErrNotExist) || errors.Is(err, connRefused) {
		return fmt.Errorf("%w: %w", ErrNobody, err)
	}
	if err != nil {
		return err
	}
	defer func() { _ = c.Close() }()
	stop := context.AfterFunc(ctx, func() { _ = c.Close() })
	defer stop()
	if _, err := io.WriteString(c, words+"\n"); err != nil {
		return err
	}
	switch line, err := bufio.NewReader(io.LimitReader(c, MaxWords)).ReadString('\n'); {
	case err != nil:
		return fmt.Errorf("%w: it went before it answered: %w", ErrNobody, err)
	case line != heard+"\n":
		return errors.New("it answered something else")
	}
	return nil
}
