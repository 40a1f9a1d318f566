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
	// Mail is what brings the user to choose their PIN, where that is temporary; null where there is none.
	Mail *mailDocument `json:"mail"`
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
	return r.enroll(c.cardFlags, c.PINStdin, func(ctx context.Context, s *app.Station, by string) (enroll.Request, error) {
		req, err := c.request(ctx, s.Directory)
		if err == nil && c.Anew {
			if err := s.Enroller.GiveUp(ctx, req.UserID, by); err != nil {
				return req, fmt.Errorf("let go of an enrollment that was not finished: %w", err)
			}
		}
		return req, err
	})
}

// enroll runs the ceremony for what request says, and prints the key.
func (r *run) enroll(c cardFlags, pinStdin bool, request func(ctx context.Context, s *app.Station, by string) (enroll.Request, error)) error {
	by, err := actor()
	if err != nil {
		return err
	}
	return r.station(func(ctx context.Context, s *app.Station) error {
		if err := r.tend(ctx, s); err != nil {
			return err
		}
		req, err := request(ctx, s, by)
		if err != nil {
			return err
		}
		req.Actor, req.Reader = by, c.Reader
		if pinStdin {
			req.PINChooser = directory.UserHere // that is the PIN the user has chosen
		}
		secrets, err := r.secrets(ctx, pinStdin)
		if err != nil {
			return err
		}
		ctx, cancel := c.limit(ctx)
		defer cancel()
		p := &prompter{run: r, secrets: secrets}
		res, err := s.Enroller.Enroll(ctx, req, p)
		if err != nil {
			return c.expired(ctx, s.Board, err, p.last)
		}
		doc := newEnrollDocument(res)
		if res.Mail.ID != "" {
			mail, err := r.sendMailOf(s, res.Key.ID)
			if err != nil {
				r.warn(err) // the key is made all the same
				mail = newMailDocument(res.Mail)
			}
			doc.Mail = &mail
		}
		return r.print(doc, func(w io.Writer) { enrolledText(w, res.Key, doc.Mail) })
	})
}

// enrolledText says which key was made and what is left to do about its PIN.
func enrolledText(w io.Writer, k directory.SecurityKey, mail *mailDocument) {
	_, _ = fmt.Fprintf(w, "%s is now %q of %s (key %s, %s).\n", // a strings.Builder takes everything
		orDash(clean(k.Model)), clean(k.Name), clean(k.UserID), k.ID, verificationText(k))
	if k.TemporaryPIN {
		_, _ = fmt.Fprintf(w, "Its PIN is temporary: tapstation keys change-pin %s lets its holder choose one.\n", k.ID)
	}
	if mail != nil {
		_, _ = fmt.Fprintln(w, clean(mailSentence(*mail)))
	}
}

// check refuses what makes no sense together.
func (c *enrollCommand) check() error {
	switch {
	case c.UserID == "" && c.Key == "":
		return misuse("name the user, or the pending key: enroll USER-ID, or enroll --key KEY-ID")
	case c.Key != "" && (c.KeyName != "" || c.Verification != "" || c.OfflineLogin != nil):
		return misuse("a pending key keeps the name and the settings it was assigned with: leave --key-name, --verification and --offline-login out")
	}
	return c.cardFlags.check()
}

// request is what is asked for, with the defaults of the user's groups and the workspace for what is not.
func (c *enrollCommand) request(ctx context.Context, d *directory.Directory) (enroll.Request, error) {
	userID := c.UserID
	if userID == "" {
		k, err := d.Key(ctx, c.Key)
		if err != nil {
			return enroll.Request{}, err
		}
		userID = k.UserID
	}
	defaults, err := d.KeyDefaults(ctx, userID)
	if err != nil {
		return enroll.Request{}, userError(userID, err)
	}
	if c.KeyName != "" {
		if wrong := directory.ValidateKeyName(c.KeyName); wrong != nil {
			return enroll.Request{}, &directory.InvalidError{Fields: wrong}
		}
	}
	req := enroll.Request{
		UserID: userID, KeyID: c.Key, KeyName: c.KeyName, Verification: defaults.Verification,
		OfflineLogin: defaults.OfflineLogin == directory.On, PINChooser: defaults.PINChooser, Replaces: c.Replace,
	}
	if c.PINChooser != "" {
		req.PINChooser = directory.PINChooser(c.PINChooser)
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
