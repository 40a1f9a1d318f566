package virtual

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
)

// ErrCorrupt is a card file that does not hold a card. The file is left as it is.
var ErrCorrupt = errors.New("not a virtual card")

const (
	fileVersion  = 1
	fileMaxBytes = 16 << 20
)

// file is the form of a card on disk: one JSON document, with a digest of the card so that damage shows.
type file struct {
	Version int             `json:"virtual_card"`
	SHA256  string          `json:"sha256"` // of Card, in hexadecimal
	Card    json.RawMessage `json:"card"`
}

// Open is the card in the file at path, made from o if there is no such file. The file is replaced as a whole
// whenever the card changes, before the card answers. Model, UID and attestation are the file's; o says how the card
// behaves. It fails with ErrCorrupt, and loses nothing, when the file holds something else.
func Open(path string, o Options) (*Card, error) {
	o, err := o.complete()
	if err != nil {
		return nil, fmt.Errorf("open the virtual card %s: %w", path, err)
	}
	c := &Card{options: o, save: func(s state) error { return writeFile(path, s) }}
	c.state, err = readFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		if c.state, err = c.deliver(); err == nil {
			err = c.save(c.state)
		}
	}
	if err == nil && o.NoPIN && (c.state.pinSet() || c.state.AlwaysUV) {
		err = errors.New("it has a PIN, and was asked for as one that cannot")
	}
	if err != nil {
		return nil, fmt.Errorf("open the virtual card %s: %w", path, err)
	}
	return c, nil
}

func readFile(path string) (state, error) {
	f, err := os.Open(path)
	if err != nil {
		return state{}, err
	}
	defer f.Close()
	b, err := io.ReadAll(io.LimitReader(f, fileMaxBytes+1))
	if err != nil {
		return state{}, err
	}
	return decodeFile(b)
}

func decodeFile(b []byte) (state, error) {
	var s state
	if len(b) > fileMaxBytes {
		return s, fmt.Errorf("%w: longer than %d bytes", ErrCorrupt, fileMaxBytes)
	}
	var f file
	if err := json.Unmarshal(b, &f); err != nil {
		return s, fmt.Errorf("%w: %w", ErrCorrupt, err)
	}
	if f.Version != fileVersion {
		return s, fmt.Errorf("%w of version %d, but of %d", ErrCorrupt, fileVersion, f.Version)
	}
	if digest(f.Card) != f.SHA256 {
		return s, fmt.Errorf("%w: its digest does not match", ErrCorrupt)
	}
	if err := json.Unmarshal(f.Card, &s); err != nil {
		return s, fmt.Errorf("%w: %w", ErrCorrupt, err)
	}
	if err := s.check(); err != nil {
		return s, fmt.Errorf("%w: %w", ErrCorrupt, err)
	}
	return s, nil
}

func encodeFile(s state) ([]byte, error) {
	card, err := json.Marshal(s)
	if err != nil {
		return nil, err
	}
	return json.Marshal(file{Version: fileVersion, SHA256: digest(card), Card: card})
}

// digest does not depend on white space, which an editor may change.
func digest(card []byte) string {
	var compact bytes.Buffer
	if json.Compact(&compact, card) != nil {
		return ""
	}
	sum := sha256.Sum256(compact.Bytes())
	return hex.EncodeToString(sum[:])
}

// check tells what the commands rely on.
func (s state) check() error {
	switch {
	case len(s.Secret) != 64:
		return fmt.Errorf("secret of %d bytes, want 64", len(s.Secret))
	case len(s.PINHash) != 0 && len(s.PINHash) != 16:
		return fmt.Errorf("PIN hash of %d bytes, want 16", len(s.PINHash))
	case s.PINRetries < 0 || s.PINRetries > maxPINRetries:
		return fmt.Errorf("%d PIN attempts, want 0 to %d", s.PINRetries, maxPINRetries)
	case s.MinPINLength < defaultMinPIN || s.MinPINLength > maxPINBytes:
		return fmt.Errorf("shortest PIN %d, want %d to %d", s.MinPINLength, defaultMinPIN, maxPINBytes)
	}
	for i, cr := range s.Credentials {
		if _, err := signer(cr.Key); err != nil {
			return fmt.Errorf("key of credential %d: %w", i, err)
		}
		if len(cr.ID) == 0 || len(cr.ID) > 0xFFFF || cr.Protect < protectOptional || cr.Protect > protectRequired {
			return fmt.Errorf("credential %d is out of bounds", i)
		}
	}
	if s.Attestation != nil {
		if _, err := signer(s.Attestation.Key); err != nil {
			return fmt.Errorf("attestation key: %w", err)
		}
	}
	return nil
}

// writeFile replaces the file at path as a whole: a crash leaves the old card or the new one.
func writeFile(path string, s state) error {
	b, err := encodeFile(s)
	if err != nil {
		return err
	}
	dir := filepath.Dir(path)
	f, err := os.CreateTemp(dir, ".card-*") // 0600
	if err != nil {
		return err
	}
	_, err = f.Write(b)
	err = errors.Join(err, f.Sync(), f.Close())
	if err == nil {
		err = os.Rename(f.Name(), path)
	}
	if err != nil {
		return errors.Join(err, os.Remove(f.Name()))
	}
	return syncFolder(dir)
}
