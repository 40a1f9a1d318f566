package login

import (
	"context"
	"errors"
	"fmt"

	"tapstation/app/audit"
	"tapstation/app/directory"
	"tapstation/device"
)

// keep writes the log-in down: sign count and last use of the key, and the audit log, in one transaction that looks
// once more whether the key may be used. A directory that cannot be written keeps nobody out (unkept says why);
// one that can, decides (err). Without the directory the log-in is counted before anybody is told that it succeeded.
func (l *Login) keep(ctx context.Context, req Request, h holder, key known, count uint32) (unkept, err error) {
	if !h.offline {
		refused := error(nil)
		err := l.Directory.Store.Update(ctx, func(tx directory.Tx) error {
			refused = l.use(tx, key, count)
			if refused != nil {
				return refused
			}
			return tx.AppendAudit(l.entry(req, audit.LoginAccepted, h, &key))
		})
		if refused != nil && refusal(refused) {
			return nil, refused
		}
		if err != nil {
			unkept = fmt.Errorf("write the log-in down: %w", err)
		} else if err := l.forgetPIN(ctx, req, key); err != nil {
			unkept = fmt.Errorf("note that the temporary PIN was changed elsewhere: %w", err)
		}
	}
	if !key.offline {
		return unkept, nil
	}
	if !h.offline {
		if err := renew(ctx, l.Cache, key.KeyID, count, h.terms, l.now()); err != nil {
			unkept = errors.Join(unkept, fmt.Errorf("note the log-in in the offline cache: %w", err))
		}
		return unkept, nil
	}
	switch err := Spend(ctx, l.Cache, key.KeyID, count, l.now()); {
	case err == nil:
		return nil, nil
	case spent(err):
		return nil, err
	case limited(key.Cached):
		return nil, fmt.Errorf("%w: %w", ErrUncounted, err)
	default:
		return fmt.Errorf("count the log-in in the offline cache: %w", err), nil
	}
}

// use notes one use of a key that may be used.
func (l *Login) use(tx directory.Tx, key known, count uint32) error {
	k, err := tx.Key(key.KeyID)
	if errors.Is(err, directory.ErrNotFound) {
		key.state = directory.Revoked
		return key.notActive()
	}
	if err != nil {
		return err
	}
	u, err := tx.User(k.UserID)
	switch {
	case err != nil:
		return err
	case u.Disabled:
		return ErrUserDisabled
	case k.State != directory.Active:
		key.state = k.State
		return key.notActive()
	case !later(k.Credential.SignCount, count):
		return fmt.Errorf("sign count %d after %d: %w", count, k.Credential.SignCount, ErrCloned)
	}
	k.Credential.SignCount, k.LastUsed = count, l.now()
	return tx.PutKey(k)
}

// refuse puts a refused log-in on record and returns err. What is not a refusal, like a card taken away, is not;
// and a directory that cannot be written changes nothing about the answer.
func (l *Login) refuse(ctx context.Context, req Request, h holder, key *known, err error) error {
	var wrong *device.PINError
	if h.offline || h.user.ID == "" || !refusal(err) && !errors.As(err, &wrong) {
		return err
	}
	e := l.entry(req, audit.LoginRefused, h, key)
	e.Detail = map[string]string{"reason": err.Error()}
	kept := l.Directory.Store.Update(context.WithoutCancel(ctx), func(tx directory.Tx) error { return tx.AppendAudit(e) })
	if kept != nil {
		return fmt.Errorf("%w; it could not be put on record: %w", err, kept)
	}
	return err
}

func (l *Login) entry(req Request, act audit.Act, h holder, key *known) audit.Entry {
	e := audit.Entry{Time: l.now(), Actor: req.Actor, Act: act, User: h.user.ID}
	if key != nil {
		e.Key = key.KeyID
	}
	return e
}
