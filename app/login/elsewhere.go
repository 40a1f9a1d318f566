package login

import (
	"bytes"
	"context"
	"crypto/subtle"

	"tapstation/app/audit"
	"tapstation/app/directory"
	"tapstation/app/pin"
)

// changedElsewhere tells whether the card was opened with another PIN than the temporary one that the station remembers. A
// seal that cannot be opened is nobody's fault here.
func (l *Login) changedElsewhere(key known) bool {
	if l.Seal == nil || key.sealedPIN == nil || key.pin == "" {
		return false
	}
	temporary, err := l.Seal.Open(key.sealedPIN, directory.PINPurpose(key.UserID))
	return err == nil && subtle.ConstantTimeCompare(temporary, []byte(pin.Normalize(key.pin).Reveal())) != 1
}

// forgetPIN erases the temporary PIN of a key whose holder has changed it elsewhere. It changes nothing about the log-in.
func (l *Login) forgetPIN(ctx context.Context, req Request, key known) error {
	if !l.changedElsewhere(key) {
		return nil
	}
	now := l.now()
	return l.Directory.Store.Update(ctx, func(tx directory.Tx) error {
		k, err := tx.Key(key.KeyID)
		if err != nil {
			return err
		}
		if !k.TemporaryPIN || !bytes.Equal(k.SealedPIN, key.sealedPIN) {
			return nil // somebody else was faster
		}
		k.TemporaryPIN, k.SealedPIN, k.NextPIN, k.CardPIN, k.Changed = false, nil, nil, true, now
		if err := tx.PutKey(k); err != nil {
			return err
		}
		if err := directory.CloseTickets(tx, now, k.ID, directory.SetPIN); err != nil {
			return err
		}
		return tx.AppendAudit(audit.Entry{Time: now, Actor: req.Actor, Act: audit.PINChanged, User: k.UserID, Key: k.ID,
			Detail: map[string]string{"name": k.Name, "temporary": "true", "by": "holder"}})
	})
}
