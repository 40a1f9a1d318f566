package seal

import (
	"crypto/cipher"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"golang.org/x/crypto/chacha20poly1305"
)

// Files in the data folder.
const (
	KeyFile  = "seal.key"  // the key in hex, where there is no keyring
	NoteFile = "seal.json" // which key the folder uses
)

// key is a sealing key, ready for use.
type key struct {
	id   [keyIDSize]byte
	aead cipher.AEAD
}

func newKey(secret []byte) (*key, error) {
	aead, err := chacha20poly1305.NewX(secret)
	if err != nil {
		return nil, err
	}
	k := &key{aead: aead}
	h := sha256.Sum256(append([]byte("tapstation seal key id\x00"), secret...))
	copy(k.id[:], h[:])
	return k, nil
}

func (k *key) hexID() string { return hex.EncodeToString(k.id[:]) }

// note is what a data folder knows of its key: not the key itself.
type note struct {
	KeyID   string `json:"key_id"`            // hex
	Keyring string `json:"keyring,omitempty"` // name of the entry in the keyring; empty: the key is in KeyFile
}

// Made tells whether the data folder has a key, as far as it knows itself. It makes none and asks no keyring.
func (b *Box) Made() (bool, error) {
	_, noteErr := b.readNote()
	if !errors.Is(noteErr, fs.ErrNotExist) {
		return noteErr == nil, noteErr
	}
	_, err := b.readKeyFile()
	if errors.Is(err, fs.ErrNotExist) {
		return false, nil
	}
	return err == nil, err
}

// Sealed tells whether a secret was sealed with the key of this data folder, as far as it knows itself: where it was not, as
// after a backup was restored on another machine, Open never opens it. It makes no key and asks no keyring.
func (b *Box) Sealed(sealed []byte) (bool, error) {
	if len(sealed) < overhead || string(sealed[:len(magic)]) != magic {
		return false, nil
	}
	id := hex.EncodeToString(sealed[len(magic) : len(magic)+keyIDSize])
	n, err := b.readNote()
	if !errors.Is(err, fs.ErrNotExist) {
		return err == nil && n.KeyID == id, err
	}
	secret, err := b.readKeyFile()
	if errors.Is(err, fs.ErrNotExist) {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	k, err := newKey(secret)
	return err == nil && k.hexID() == id, err
}

// find is the rule: a key file that fits wins; then the note says where the key is; and only a folder with neither
// gets a new key.
func (b *Box) find() (*key, error) {
	n, noteErr := b.readNote()
	if noteErr != nil && !errors.Is(noteErr, fs.ErrNotExist) {
		return nil, noteErr
	}
	secret, err := b.readKeyFile()
	switch {
	case err != nil && !errors.Is(err, fs.ErrNotExist):
		return nil, err
	case err != nil && noteErr != nil:
		return b.make()
	case err == nil && noteErr != nil: // a crash between making the key file and the note
		return b.settle(secret, "")
	case err == nil && (n.fits(secret) || n.Keyring == ""):
		return n.accept(secret)
	case n.Keyring == "":
		return nil, fmt.Errorf("%w: %s", ErrKeyMissing, KeyFile)
	}
	return b.fromKeyring(n)
}

func (b *Box) fromKeyring(n note) (*key, error) {
	ring := b.ring()
	if ring == nil {
		return nil, fmt.Errorf("%w: it was told not to use it", ErrUnavailable)
	}
	text, err := ring.Get(service, n.Keyring)
	if err != nil {
		return nil, err
	}
	secret, err := parseKey(text)
	if err != nil {
		return nil, fmt.Errorf("the keyring's entry %q: %w", n.Keyring, err)
	}
	return n.accept(secret)
}

// make makes the key of a new folder: in the keyring, or else in the file.
func (b *Box) make() (*key, error) {
	if err := os.MkdirAll(b.dir, 0o700); err != nil {
		return nil, fmt.Errorf("make the data folder: %w", err)
	}
	secret := make([]byte, chacha20poly1305.KeySize)
	rand.Read(secret) // never fails (crypto/rand)
	if ring := b.ring(); ring != nil {
		name := "data folder " + rand.Text()
		if err := ring.Set(service, name, hex.EncodeToString(secret)); err == nil {
			return b.settle(secret, name)
		}
	}
	err := b.writeNew(KeyFile, []byte(hex.EncodeToString(secret)+"\n"))
	if errors.Is(err, fs.ErrExist) {
		secret, err = b.readKeyFile()
	}
	if err != nil {
		return nil, fmt.Errorf("keep the sealing key: %w", err)
	}
	return b.settle(secret, "")
}

// settle writes down that the folder uses this key. When another program was faster, the folder uses that one's.
func (b *Box) settle(secret []byte, keyring string) (*key, error) {
	k, err := newKey(secret)
	if err != nil {
		return nil, err
	}
	raw, err := json.Marshal(note{KeyID: k.hexID(), Keyring: keyring})
	if err != nil {
		return nil, err
	}
	switch err := b.writeNew(NoteFile, append(raw, '\n')); {
	case errors.Is(err, fs.ErrExist):
		return b.find()
	case err != nil:
		return nil, fmt.Errorf("write down which key seals: %w", err)
	}
	return k, nil
}

// accept takes a key that was found, if it is the one the folder uses.
func (n note) accept(secret []byte) (*key, error) {
	k, err := newKey(secret)
	if err != nil {
		return nil, err
	}
	if n.KeyID != k.hexID() {
		return nil, fmt.Errorf("%w: another one is in its place", ErrKeyMissing)
	}
	return k, nil
}

func (n note) fits(secret []byte) bool {
	_, err := n.accept(secret)
	return err == nil
}

func (b *Box) readKeyFile() ([]byte, error) {
	raw, err := readSmall(filepath.Join(b.dir, KeyFile), true)
	if err != nil {
		return nil, err
	}
	secret, err := parseKey(string(raw))
	if err != nil {
		return nil, fmt.Errorf("%s: %w", KeyFile, err)
	}
	return secret, nil
}

func parseKey(text string) ([]byte, error) {
	secret, err := hex.DecodeString(strings.TrimSpace(text))
	if err != nil || len(secret) != chacha20poly1305.KeySize {
		return nil, fmt.Errorf("%w: it is no key", ErrKeyFile)
	}
	return secret, nil
}

func (b *Box) readNote() (note, error) {
	raw, err := readSmall(filepath.Join(b.dir, NoteFile), false)
	if err != nil {
		return note{}, err
	}
	return parseNote(raw)
}

func parseNote(raw []byte) (note, error) {
	var n note
	if err := json.Unmarshal(raw, &n); err != nil {
		return note{}, fmt.Errorf("%w: %s: %w", ErrKeyFile, NoteFile, err)
	}
	if id, err := hex.DecodeString(n.KeyID); err != nil || len(id) != keyIDSize {
		return note{}, fmt.Errorf("%w: %s names no key", ErrKeyFile, NoteFile)
	}
	return n, nil
}

// readSmall reads a file of a few bytes; nobody else may be able to read a private one.
func readSmall(path string, private bool) ([]byte, error) {
	const most = 4096
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return nil, err
	}
	if private && readableByOthers(info.Mode()) {
		return nil, fmt.Errorf("%w: others can read %s; set its mode to 0600", ErrKeyFile, path)
	}
	raw, err := io.ReadAll(io.LimitReader(f, most+1))
	if err == nil && len(raw) > most {
		err = fmt.Errorf("%w: %s is too large", ErrKeyFile, path)
	}
	return raw, err
}

// writeNew puts a complete, durable file of mode 0600 in the folder; fs.ErrExist when there is one.
func (b *Box) writeNew(name string, content []byte) error {
	temp, err := os.CreateTemp(b.dir, "."+name+".*.new")
	if err != nil {
		return err
	}
	defer os.Remove(temp.Name())
	_, err = temp.Write(content)
	if err = errors.Join(err, temp.Sync(), temp.Close()); err != nil {
		return err
	}
	return place(temp.Name(), filepath.Join(b.dir, name))
}

// place gives a file its name unless something has it. File systems without hard links cannot do that in one step.
func place(temp, path string) error {
	err := os.Link(temp, path)
	if err == nil || errors.Is(err, fs.ErrExist) {
		return err
	}
	if _, err := os.Lstat(path); err == nil {
		return fs.ErrExist
	}
	return os.Rename(temp, path)
}
