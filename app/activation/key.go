package activation

import (
	"bytes"
	"context"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"errors"
	"fmt"
	"sync"

	"tapstation/app/audit"
	"tapstation/app/directory"
)

const (
	keySize    = 32
	keyPurpose = "links and codes of tickets" // of the seal
)

// key derives what opens tickets.
type key []byte

// mac is HMAC-SHA256 over the parts with a zero byte between them; no part has one.
func (k key) mac(parts ...string) []byte {
	m := hmac.New(sha256.New, k)
	for i, p := range parts {
		if i > 0 {
			m.Write([]byte{0})
		}
		m.Write([]byte(p))
	}
	return m.Sum(nil)
}

// keyring remembers the key by the sealed form that the store has of it, so that a store that was replaced by a backup
// gets its own.
type keyring struct {
	mu    sync.Mutex
	kept  sealedKey // of the store, as it was last met
	spare sealedKey // made for a store that has none
}

type sealedKey struct {
	sealed []byte
	key    key
}

// warm opens the key before a transaction needs it: the keyring that has what opens it may take its time. What fails
// here fails again in the transaction, if that needs the key at all.
func (t *Tickets) warm(ctx context.Context) {
	if t.keys.warm() {
		return
	}
	var sealed []byte
	err := t.Directory.Store.View(ctx, func(tx directory.Tx) (err error) {
		sealed, err = tx.Secret(directory.TicketKey)
		return err
	})
	if err == nil {
		_, _ = t.openKey(sealed)
	}
}

func (r *keyring) warm() bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.kept.key != nil
}

// keyIn is the key of the directory. It fails with ErrTicketKey, and with directory.ErrNotFound where there is none yet.
func (t *Tickets) keyIn(tx directory.Tx) (key, error) {
	sealed, err := tx.Secret(directory.TicketKey)
	if err != nil {
		return nil, err
	}
	return t.openKey(sealed)
}

// makeKeyIn is keyIn for who may write: where there is no key yet, it makes one.
func (t *Tickets) makeKeyIn(tx directory.Tx) (key, error) {
	k, err := t.keyIn(tx)
	if !errors.Is(err, directory.ErrNotFound) {
		return k, err
	}
	spare, err := t.spareKey() // once in the life of a directory
	if err != nil {
		return nil, err
	}
	return spare.key, tx.PutSecret(directory.TicketKey, spare.sealed)
}

func (t *Tickets) openKey(sealed []byte) (key, error) {
	t.keys.mu.Lock()
	defer t.keys.mu.Unlock()
	for _, known := range []sealedKey{t.keys.kept, t.keys.spare} {
		if known.key != nil && bytes.Equal(known.sealed, sealed) {
			t.keys.kept = known
			return known.key, nil
		}
	}
	secret, err := t.Seal.Open(sealed, keyPurpose)
	if err == nil && len(secret) != keySize {
		err = fmt.Errorf("it is %d bytes long: %w", len(secret), directory.ErrDamaged)
	}
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrTicketKey, err)
	}
	t.keys.kept = sealedKey{bytes.Clone(sealed), secret}
	return secret, nil
}

// spareKey is a new key, the same until it is used.
func (t *Tickets) spareKey() (sealedKey, error) {
	t.keys.mu.Lock()
	defer t.keys.mu.Unlock()
	if t.keys.spare.key == nil {
		made := sealedKey{key: make(key, keySize)}
		_, _ = rand.Read(made.key) // never fails (crypto/rand)
		var err error
		if made.sealed, err = t.Seal.Seal(made.key, keyPurpose); err != nil {
			return made, fmt.Errorf("%w: %w", ErrTicketKey, err)
		}
		t.keys.spare = made
	}
	return t.keys.spare, nil
}

// RenewKey makes another key in the place of one that cannot be opened any more, as after restoring a backup on another
// machine. Codes made before open nothing from then on. Links that were mailed still work; those not mailed yet are
// lost, and must be resent. It needs ChangeSettings.
func (t *Tickets) RenewKey(ctx context.Context, by string) error {
	t.keys.mu.Lock()
	t.keys.spare = sealedKey{} // never a key that was in use somewhere
	t.keys.mu.Unlock()
	spare, err := t.spareKey()
	if err != nil {
		return fmt.Errorf("make another key for links and codes: %w", err)
	}
	now := t.now()
	err = t.Directory.Store.Update(ctx, func(tx directory.Tx) error {
		if err := directory.Allow(tx, by, directory.ChangeSettings); err != nil {
			return err
		}
		if err := tx.PutSecret(directory.TicketKey, spare.sealed); err != nil {
			return err
		}
		return tx.AppendAudit(audit.Entry{Time: now, Actor: by, Act: audit.SecretChanged,
			Detail: map[string]string{"name": directory.TicketKey}})
	})
	if err != nil {
		return fmt.Errorf("make another key for links and codes: %w", err)
	}
	return nil
}
