package command

import (
	"context"
	"encoding/base64"
	"fmt"
	"io"
	"time"

	"tapstation/app"
	"tapstation/app/directory"
	"tapstation/app/enroll"
)

// enrollDocument is what enroll --json prints.
type enrollDocument struct {
	UserID       string       `json:"user_id"`
	KeyID        string       `json:"key_id"`
	KeyName      string       `json:"key_name"`
	CredentialID string       `json:"credential_id"` // base64url without padding
	AAGUID       string       `json:"aaguid"`        // UUID form
	Model        string       `json:"model"`
	Verification string       `json:"verification"`
	OfflineLogin bool         `json:"offline_login"`
	TemporaryPIN bool         `json:"temporary_pin"` // its holder has not chosen it yet
	Reader       string       `json:"reader"`
	Card         cardDocument `json:"card"`
	Resumed      bool         `json:"resumed"`
	Cost         costDocument `json:"cost"`
	Mail         *string      `json:"mail"` // none is sent
}

// costDocument is what an enrollment took; times in milliseconds.
type costDocument struct {
	APDUs         int     `json:"apdus"`
	BytesToCard   int     `json:"bytes_to_card"`
	BytesFromCard int     `json:"bytes_from_card"`
	CardMS        float64 `json:"card_ms"`
	TotalMS       float64 `json:"total_ms"`
}

// Run enrolls one card.
func (c *enrollCommand) Run(r *run) error {
	if err := c.check(); err != nil {
		return err
	}
	by, err := actor()
	if err != nil {
		return err
	}
	return r.station(func(ctx context.Context, s *app.Station) error {
		if err := r.tend(ctx, s); err != nil {
			return err
		}
		req, err := c.request(ctx, s.Directory)
		if err != nil {
			return err
		}
		req.Actor = by
		secrets, err := r.secrets(ctx, c.PINStdin)
		if err != nil {
			return err
		}
		if c.Anew {
			if err := s.Enroller.GiveUp(ctx, req.UserID, by); err != nil {
				return fmt.Errorf("let go of an enrollment that was not finished: %w", err)
			}
		}
		ctx, cancel := c.limit(ctx)
		defer cancel()
		p := &prompter{run: r, secrets: secrets}
		res, err := s.Enroller.Enroll(ctx, req, p)
		if err != nil {
			return c.expired(ctx, s.Board, err, p.last)
		}
		return r.print(newEnrollDocument(res), func(w io.Writer) {
			_, _ = fmt.Fprintf(w, "%s is now %q of %s (key %s, %s).\n", // a strings.Builder takes everything
				orDash(clean(res.Key.Model)), clean(res.Key.Name), clean(res.Key.UserID), res.Key.ID, verificationText(res.Key))
			if res.Key.TemporaryPIN {
				_, _ = fmt.Fprintf(w, "Its PIN is temporary: tapstation keys change-pin %s lets its holder choose one.\n", res.Key.ID)
			}
		})
	})
}

// request is what is asked for, with the defaults of the user's groups and the workspace for what is not.
func (c *enrollCommand) request(ctx context.Context, d *directory.Directory) (enroll.Request, error) {
	defaults, err := d.KeyDefaults(ctx, c.UserID)
	if err != nil {
		return enroll.Request{}, userError(c.UserID, err)
	}
	if c.KeyName != "" {
		if wrong := directory.ValidateKeyName(c.KeyName); wrong != nil {
			return enroll.Request{}, &directory.InvalidError{Fields: wrong}
		}
	}
	req := enroll.Request{
		UserID: c.UserID, KeyName: c.KeyName, Verification: defaults.Verification, OfflineLogin: defaults.OfflineLogin == directory.On,
		PINChooser: defaults.PINChooser, Replaces: c.Replace, Reader: c.Reader,
	}
	if c.PINChooser != "" {
		req.PINChooser = directory.PINChooser(c.PINChooser)
	}
	if c.PINStdin {
		req.PINChooser = directory.UserHere // that is the PIN the user has chosen
	}
	if c.Verification != "" {
		req.Verification = directory.Verification(c.Verification)
	}
	if c.OfflineLogin != nil {
		req.OfflineLogin = *c.OfflineLogin
	}
	return req, nil
}

func newEnrollDocument(res enroll.Result) enrollDocument {
	k := res.Key
	return enrollDocument{
		UserID: k.UserID, KeyID: k.ID, KeyName: k.Name,
		CredentialID: base64.RawURLEncoding.EncodeToString(k.Credential.ID),
		AAGUID:       formatAAGUID(k.Credential.AAGUID), Model: k.Model,
		Verification: string(k.Verification), OfflineLogin: k.OfflineLogin, TemporaryPIN: k.TemporaryPIN,
		Reader: res.Reader, Card: newCardDocument(k.Mark.ATR, k.Mark.UID), Resumed: res.Resumed,
		Cost: costDocument{
			APDUs: res.Cost.APDUs, BytesToCard: res.Cost.BytesToCard, BytesFromCard: res.Cost.BytesFromCard,
			CardMS: milliseconds(res.Cost.Card), TotalMS: milliseconds(res.Total),
		},
	}
}

// milliseconds is d to the microsecond.
func milliseconds(d time.Duration) float64 { return float64(d.Microseconds()) / 1000 }

func verificationText(k directory.SecurityKey) string {
	s := "verified by PIN"
	if k.Verification == directory.PINless {
		s = "PINless"
	}
	if k.OfflineLogin {
		s += ", with Offline Login"
	}
	return s
}
