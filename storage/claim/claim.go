// Package claim keeps a data folder to one process for one kind of work, such as showing a window: whoever comes
// second is told which process has it.
//
// A claim is the system's lock on a file in the folder, so it ends with its process, however that ends. What stands
// in the file only tells others who holds it; it is never what the claim depends on.
package claim

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"time"
	"unicode"

	"tapstation/app/directory"
)

// HeldError is a claim that another process has.
type HeldError = directory.HeldError

const (
	// settle is how long the file is given to say who holds the claim: its holder writes that right after it took it.
	settle = time.Second
	pause  = 10 * time.Millisecond
	// maxRecord is how much of the file is read, in bytes.
	maxRecord = 4096
	// maxText is how much of a name in it is told, in characters.
	maxText = 200
)

var errNotAFile = errors.New("not a regular file")

// record is what the file holds while it is claimed.
type record struct {
	PID     int       `json:"pid"`
	Program string    `json:"program"`
	Host    string    `json:"host"`
	Since   time.Time `json:"since"`
}

// Take claims a folder for what, a word that names the file what.lock. The folder is made when it is not there. release
// gives the claim back; so does the end of the process. It fails with a *HeldError when another claim on this is
// alive, in another process or in this one.
func Take(folder, what string) (release func() error, err error) {
	release, err = take(filepath.Join(folder, what+".lock"), time.Now)
	var held *HeldError
	if errors.As(err, &held) {
		held.Claim = what
		return nil, held
	}
	if err != nil {
		return nil, fmt.Errorf("claim the data folder: %w", err)
	}
	return release, nil
}

func take(path string, now func() time.Time) (release func() error, err error) {
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return nil, err
	}
	deadline := now().Add(settle)
	again := time.NewTimer(0)
	defer again.Stop()
	for {
		<-again.C
		release, held, err := try(path, now)
		switch {
		case err != nil || release != nil:
			return release, err
		case held != nil && (held.PID != 0 || !now().Before(deadline)):
			return nil, held
		}
		again.Reset(pause)
	}
}

// try tries once. It gives neither release nor held when it has to be tried again.
func try(path string, now func() time.Time) (release func() error, held *HeldError, err error) {
	file, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return nil, nil, err
	}
	defer func() {
		if release == nil {
			err = errors.Join(err, file.Close())
		}
	}()
	switch locked, err := lock(file); {
	case err != nil:
		return nil, nil, fmt.Errorf("lock %s: %w", filepath.Base(path), err)
	case !locked:
		return nil, holder(file), nil
	}
	// Somebody may have put another file in this one's place before it was locked; a lock on what has no name any
	// more would keep nobody out.
	if same, err := named(path, file); err != nil || !same {
		return nil, nil, err
	}
	// Where nothing can be written, on a full disk say, the claim holds all the same: others only cannot be told whose
	// it is.
	_ = write(file, now())
	return func() error {
		// The file stays: were it removed, a process that has just opened it would lock what nobody else sees.
		return errors.Join(file.Truncate(0), file.Close())
	}, nil, nil
}

// named tells whether path is still the name of file.
func named(path string, file *os.File) (bool, error) {
	opened, err := file.Stat()
	if err != nil {
		return false, err
	}
	there, err := os.Lstat(path)
	switch {
	case errors.Is(err, os.ErrNotExist):
		return false, nil
	case err != nil:
		return false, err
	case !there.Mode().IsRegular():
		return false, &os.PathError{Op: "lock", Path: path, Err: errNotAFile} // a link, say, to what is not ours to write
	}
	return os.SameFile(opened, there), nil
}

// write says in the file who holds the claim.
func write(file *os.File, now time.Time) error {
	host, err := os.Hostname()
	if err != nil {
		host = "" // nobody is kept out by not knowing it
	}
	program := os.Args[0]
	if path, err := os.Executable(); err == nil {
		program = path
	}
	raw, err := json.Marshal(record{os.Getpid(), filepath.Base(program), host, now.UTC().Truncate(time.Second)})
	if err != nil {
		return err
	}
	if err := file.Truncate(0); err != nil {
		return err
	}
	_, err = file.WriteAt(raw, 0)
	return err
}

// holder is who the file says has the claim; its zero value while the file is being written, or makes no sense.
func holder(file *os.File) *HeldError {
	raw, err := io.ReadAll(io.NewSectionReader(file, 0, maxRecord))
	if err != nil {
		return &HeldError{}
	}
	var r record
	if err := json.NewDecoder(bytes.NewReader(raw)).Decode(&r); err != nil || r.PID <= 0 {
		return &HeldError{}
	}
	return &HeldError{PID: r.PID, Program: clean(r.Program), Host: clean(r.Host), Since: r.Since}
}

// clean is a text of the file as it can be shown: whoever may write in the folder may have written anything.
func clean(s string) string {
	s = strings.Map(func(r rune) rune {
		if !unicode.IsPrint(r) {
			return -1
		}
		return r
	}, strings.ToValidUTF8(s, ""))
	if runes := []rune(s); len(runes) > maxText {
		return string(runes[:maxText]) + "…"
	}
	return s
}
