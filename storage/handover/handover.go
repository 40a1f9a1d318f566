// Package handover is the journal of messages given to a mail server: of which the end was about to be sent, and what the
// server said (mail.Handover). It is what a program that was killed knows of the moments in which its store did not yet
// know.
//
// It is a file of lines, each written at once and not forced to the disk: it outlives the program, not the machine.
//
//	tapstation handover 1 SENDER      SENDER: 16 random bytes in hex, the name this station leases messages in
//	> ID                              the end of message ID is about to be sent
//	< ID CODE ANSWER                  the server has answered
//	- ID                              it is in the store what became of the message
//
// From time to time it is written anew without those that are in the store. A line that makes no sense, because the machine lost its power
// say, counts as not written.
package handover

import (
	"bufio"
	"bytes"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"unicode"
	"unicode/utf8"

	"tapstation/app/mail"
)

// Name is the file's in the data folder.
const Name = "mail.journal"

const (
	title = "tapstation handover 1 "
	// anew is how large the file grows before it is written anew, in bytes.
	anew = 256 << 10
	// largest is how much of a file is read: more was never written.
	largest = 16 << 20
	maxLine = 1024
)

var (
	errClosed = errors.New("the journal is not open")
	errNoLine = errors.New("not to be written in a line")
	errFile   = errors.New("not a regular file")
)

// Journal is the file. It may be used by several goroutines at once, and by one process at a time.
type Journal struct {
	path string

	mu     sync.Mutex
	file   *os.File // nil: not open
	sender string
	size   int64
	live   map[string]mail.Handed
	order  []string // of live, the oldest first; with some that are not live any more

	// Replaced by tests that need it to go wrong.
	write func(*os.File, []byte) (int, error)
}

var _ mail.Handover = (*Journal)(nil)

// New is the journal at path. It touches nothing; Open makes the file (0600) and its folder (0700).
func New(path string) *Journal { return &Journal{path: path, write: (*os.File).Write} }

// Open opens the journal, and tells who leases and what was left in it.
func (j *Journal) Open() (sender string, left []mail.Handed, err error) {
	j.mu.Lock()
	defer j.mu.Unlock()
	if j.file != nil {
		return "", nil, errors.New("open the journal of mail: it is open")
	}
	if err := os.MkdirAll(filepath.Dir(j.path), 0o700); err != nil {
		return "", nil, fmt.Errorf("open the journal of mail: %w", err)
	}
	j.sender, j.live, j.order = "", map[string]mail.Handed{}, nil
	if err := j.read(); err != nil {
		return "", nil, fmt.Errorf("open the journal of mail: %w", err)
	}
	if j.sender == "" {
		id := make([]byte, 16)
		_, _ = rand.Read(id) // never fails (crypto/rand)
		j.sender = hex.EncodeToString(id)
	}
	if err := j.rewrite(); err != nil {
		return "", nil, fmt.Errorf("open the journal of mail: %w", err)
	}
	return j.sender, j.left(), nil
}

// Begin notes that the end of a message is about to be sent.
func (j *Journal) Begin(id string) error {
	if !isID(id) {
		return fmt.Errorf("note a message: %w", errNoLine)
	}
	return j.append(mail.Handed{MessageID: id})
}

// Answer notes what the server said to the end of a message.
func (j *Journal) Answer(id string, code int, answer string) error {
	if !isID(id) || code < 100 || code > 999 {
		return fmt.Errorf("note an answer: %w", errNoLine)
	}
	return j.append(mail.Handed{MessageID: id, Code: code, Answer: oneLine(answer)})
}

func (j *Journal) append(h mail.Handed) error {
	j.mu.Lock()
	defer j.mu.Unlock()
	if j.file == nil {
		return errClosed
	}
	if err := j.put(lineOf(h)); err != nil {
		return err
	}
	j.keep(h)
	return nil
}

// put writes whole lines at the end of the file.
func (j *Journal) put(lines []byte) error {
	if len(lines) == 0 {
		return nil
	}
	n, err := j.write(j.file, lines)
	j.size += int64(n)
	if err != nil {
		if n > 0 { // half a line would spoil the next
			_, _ = j.write(j.file, []byte{'\n'})
		}
		return fmt.Errorf("write the journal of mail: %w", err)
	}
	return nil
}

// Forget drops messages.
func (j *Journal) Forget(ids []string) error {
	j.mu.Lock()
	defer j.mu.Unlock()
	if j.file == nil {
		return errClosed
	}
	var b bytes.Buffer
	for _, id := range ids {
		if _, there := j.live[id]; there {
			b.WriteString("- " + id + "\n")
			delete(j.live, id)
		}
	}
	if j.size >= anew {
		return j.rewrite()
	}
	return j.put(b.Bytes())
}

// Close ends the use of the journal.
func (j *Journal) Close() error {
	j.mu.Lock()
	defer j.mu.Unlock()
	if j.file == nil {
		return nil
	}
	err := j.rewrite()
	if j.file != nil {
		err = errors.Join(err, j.file.Close())
		j.file = nil
	}
	return err
}

func (j *Journal) keep(h mail.Handed) {
	if _, there := j.live[h.MessageID]; !there {
		j.order = append(j.order, h.MessageID)
	}
	j.live[h.MessageID] = h
}

// left are the messages that are not dropped, the oldest first.
func (j *Journal) left() []mail.Handed {
	var left []mail.Handed
	seen := map[string]bool{}
	for _, id := range j.order {
		// One that was dropped and came again stands there twice.
		if h, there := j.live[id]; there && !seen[id] {
			seen[id] = true
			left = append(left, h)
		}
	}
	return left
}

// rewrite puts a file with only what is not dropped in the place of this one: there is always one of them, whole.
func (j *Journal) rewrite() (err error) {
	left := j.left()
	var b bytes.Buffer
	b.WriteString(title + j.sender + "\n")
	for _, h := range left {
		b.Write(lineOf(h))
	}
	next := j.path + ".new"
	if err := os.Remove(next); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	file, err := os.OpenFile(next, os.O_WRONLY|os.O_CREATE|os.O_EXCL|os.O_APPEND, 0o600)
	if err != nil {
		return err
	}
	if _, err := j.write(file, b.Bytes()); err != nil {
		return errors.Join(err, file.Close())
	}
	if err := replace(file, next, j); err != nil {
		return err
	}
	j.size = int64(b.Len())
	j.order = j.order[:0]
	for _, h := range left {
		j.order = append(j.order, h.MessageID)
	}
	return nil
}

// read takes in the file. One that is missing is empty.
func (j *Journal) read() error {
	info, err := os.Lstat(j.path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil
	case err != nil:
		return err
	case !info.Mode().IsRegular():
		return &fs.PathError{Op: "read", Path: j.path, Err: errFile}
	}
	file, err := os.Open(j.path)
	if err != nil {
		return err
	}
	defer file.Close()
	return j.parse(io.LimitReader(file, largest))
}

func (j *Journal) parse(r io.Reader) error {
	lines := bufio.NewReaderSize(r, maxLine)
	for first := true; ; first = false {
		text, err := lines.ReadSlice('\n')
		whole := err == nil
		for errors.Is(err, bufio.ErrBufferFull) { // no line is so long
			_, err = lines.ReadSlice('\n')
		}
		if whole {
			j.take(string(bytes.TrimSuffix(text, []byte{'\n'})), first)
		}
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
	}
}

// take takes in a line.
func (j *Journal) take(text string, first bool) {
	if sender, ok := strings.CutPrefix(text, title); ok {
		if first && isID(sender) {
			j.sender = sender
		}
		return
	}
	mark, rest, _ := strings.Cut(text, " ")
	id, rest, _ := strings.Cut(rest, " ")
	if !isID(id) {
		return
	}
	switch mark {
	case "-":
		if rest == "" {
			delete(j.live, id)
		}
	case ">":
		if rest == "" {
			j.keep(mail.Handed{MessageID: id})
		}
	case "<":
		number, answer, _ := strings.Cut(rest, " ")
		if code, err := strconv.Atoi(number); err == nil && code >= 100 && code <= 999 {
			j.keep(mail.Handed{MessageID: id, Code: code, Answer: oneLine(answer)})
		}
	}
}

func lineOf(h mail.Handed) []byte {
	if h.Code == 0 {
		return []byte("> " + h.MessageID + "\n")
	}
	return []byte(fmt.Sprintf("< %s %d %s\n", h.MessageID, h.Code, h.Answer))
}

// isID tells whether s is 16 bytes in hex.
func isID(s string) bool {
	if len(s) != 32 {
		return false
	}
	return strings.Trim(s, "0123456789abcdef") == ""
}

// oneLine is an answer that fits in a line of the file.
func oneLine(s string) string {
	s = strings.Map(func(r rune) rune {
		if unicode.IsControl(r) {
			return -1
		}
		return r
	}, strings.ToValidUTF8(s, ""))
	const limit = maxLine - 64
	if len(s) <= limit {
		return s
	}
	for s = s[:limit]; !utf8.ValidString(s); {
		s = s[:len(s)-1]
	}
	return s
}
