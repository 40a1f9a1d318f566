package command

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"unicode/utf8"

	"golang.org/x/term"

	"tapstation/app/enroll"
	"tapstation/device"
)

// Where a PIN cannot be had.
var (
	errNoPIN        = errors.New("a PIN is needed, and nobody can be asked for it")
	errNewPIN       = errors.New("the card insists on a new PIN")
	errLastAttempts = errors.New("the last PIN attempts of the card are not risked without a confirmation")
)

// maxLine is the longest line taken from a person or a script, in bytes; a PIN has at most 63 (CTAP 2.1 §6.5.1).
const maxLine = 1024

// secrets is where PINs come from: one line of standard input, a person at the terminal, or nowhere.
type secrets struct {
	line  *device.PIN
	lines *term.Terminal // nil: nobody can be asked
	fd    int            // of the terminal
}

// secrets reads the PIN from standard input at once where it comes from there, so that a script that gives none
// fails before anybody taps.
func (r *run) secrets(ctx context.Context, stdin bool) (*secrets, error) {
	s := &secrets{}
	if f, ok := r.Stdin.(interface{ Fd() uintptr }); ok && !stdin && term.IsTerminal(int(f.Fd())) {
		s.fd = int(f.Fd())
		s.lines = term.NewTerminal(struct {
			io.Reader
			io.Writer
		}{r.Stdin, r.Stderr}, "")
	}
	if !stdin {
		return s, nil
	}
	line, err := within(ctx, func() (string, error) { return readLine(r.Stdin) })
	switch {
	case err != nil:
		return nil, fmt.Errorf("read the PIN from standard input: %w", err)
	case line == "":
		return nil, fmt.Errorf("standard input holds no PIN: %w", errNoPIN)
	case !utf8.ValidString(line):
		return nil, errors.New("the PIN on standard input is not UTF-8")
	}
	pin := device.PIN(line)
	s.line = &pin
	return s, nil
}

func (s *secrets) terminal() bool { return s.lines != nil }

// hidden asks for a line that is not shown.
func (s *secrets) hidden(ctx context.Context, prompt string) (device.PIN, error) {
	line, err := s.ask(ctx, func() (string, error) { return s.lines.ReadPassword(prompt) })
	if err != nil {
		return "", fmt.Errorf("ask for the PIN: %w", err)
	}
	return device.PIN(line), nil
}

// typed asks for a line that is shown.
func (s *secrets) typed(ctx context.Context, prompt string) (string, error) {
	line, err := s.ask(ctx, func() (string, error) {
		s.lines.SetPrompt(prompt)
		return s.lines.ReadLine()
	})
	if err != nil {
		return "", fmt.Errorf("ask for a confirmation: %w", err)
	}
	return strings.TrimSpace(line), nil
}

// ask takes the terminal for one line and gives it back as it was, also to whoever cancels meanwhile.
func (s *secrets) ask(ctx context.Context, read func() (string, error)) (line string, err error) {
	before, err := term.MakeRaw(s.fd)
	if err != nil {
		return "", err
	}
	defer func() { err = errors.Join(err, term.Restore(s.fd, before)) }()
	line, err = within(ctx, read)
	if errors.Is(err, io.EOF) { // ctrl-C and ctrl-D arrive as such
		return "", enroll.ErrCancelled
	}
	return line, err
}

var errTooLong = fmt.Errorf("the line is longer than %d bytes", maxLine)

// readLine reads one line without its end, and nothing beyond it.
func readLine(r io.Reader) (string, error) {
	var line []byte
	for b := make([]byte, 1); ; {
		n, err := r.Read(b)
		switch {
		case n == 1 && b[0] == '\n', errors.Is(err, io.EOF) && n == 0:
			return strings.TrimSuffix(string(line), "\r"), nil
		case n == 1 && len(line) == maxLine:
			return "", errTooLong
		case n == 1:
			line = append(line, b[0])
		case err != nil:
			return "", err
		}
	}
}

// within ends with ctx although read cannot. A read that was given up ends with the process.
func within[T any](ctx context.Context, read func() (T, error)) (T, error) {
	type result struct {
		value T
		err   error
	}
	done := make(chan result, 1)
	go func() {
		v, err := read()
		done <- result{v, err}
	}()
	select {
	case r := <-done:
		return r.value, r.err
	case <-ctx.Done():
		var none T
		return none, ctx.Err()
	}
}
