package directory

import (
	"context"
	"net/url"
	"regexp"
	"strings"
	"time"

	"tapstation/app/audit"
)

// Limits of a workspace.
const (
	MaxDriverLink = 2048 // octets
	// The shortest and the longest PIN of CTAP 2.1 §6.5.1: at least 4 code points, at most 63 bytes of UTF-8.
	MinPINLength = 4
	MaxPINLength = 63
)

var (
	// rpIDForm is a domain name in lower case as WebAuthn (Level 2 §5.1.2) wants it: "localhost", "login.example.org".
	rpIDForm = regexp.MustCompile(`^([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)*[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$`)
	// languageForm is the shape of a BCP 47 tag, not the list of them.
	languageForm = regexp.MustCompile(`^[A-Za-z]{2,8}(-[A-Za-z0-9]{1,8}){0,4}$`)
)

// ValidateWorkspace tells what is wrong with settings, field by field: "name", "rp_id", "rp_name", "verification",
// "pin_chooser", "pin_min_length", "pin_max_length", "driver_link", "language".
func ValidateWorkspace(w Workspace) []FieldError {
	var wrong []FieldError
	add := func(field string, p Problem, limit int) {
		if p != "" {
			wrong = append(wrong, FieldError{field, p, limit})
		}
	}
	p := checkName(w.Name, MaxName)
	add("name", p, limitOf(p, MaxName))
	if w.RPID == "" {
		add("rp_id", Required, 0)
	} else if len(w.RPID) > 253 || !rpIDForm.MatchString(w.RPID) { // RFC 1035 §2.3.4
		add("rp_id", InvalidDomain, 0)
	}
	p = checkName(w.RPName, MaxName)
	add("rp_name", p, limitOf(p, MaxName))
	if w.Verification != PINless && w.Verification != PIN {
		add("verification", InvalidValue, 0)
	}
	if w.PINChooser != UserHere && w.PINChooser != UserMail {
		add("pin_chooser", InvalidValue, 0)
	}
	if n := w.PINPolicy.MinLength; n < MinPINLength || n > MaxPINLength {
		add("pin_min_length", OutOfRange, MaxPINLength)
	}
	if n := w.PINPolicy.MaxLength; n < max(MinPINLength, w.PINPolicy.MinLength) || n > MaxPINLength {
		add("pin_max_length", OutOfRange, MaxPINLength)
	}
	add("driver_link", checkLink(w.DriverLink), 0)
	if w.Language != "" && !languageForm.MatchString(w.Language) {
		add("language", InvalidValue, 0)
	}
	return wrong
}

func checkLink(s string) Problem {
	if s == "" {
		return ""
	}
	u, err := url.Parse(s)
	if err != nil || len(s) > MaxDriverLink || u.Scheme != "http" && u.Scheme != "https" || u.Host == "" {
		return InvalidLink
	}
	return ""
}

// SetWorkspace keeps new settings. It fails with *InvalidError.
func (d *Directory) SetWorkspace(ctx context.Context, by string, w Workspace) error {
	if err := invalid(ValidateWorkspace(w)); err != nil {
		return err
	}
	return d.change(ctx, by, ChangeSettings, func(tx Tx, now time.Time) error { return setWorkspace(tx, by, now, w) })
}

// setWorkspace keeps settings that are valid.
func setWorkspace(tx Tx, by string, now time.Time, w Workspace) error {
	old, err := tx.Workspace()
	if err != nil {
		return err
	}
	changed := changedSettings(old, w)
	if len(changed) == 0 {
		return nil
	}
	w.Changed = now
	if err := tx.PutWorkspace(w); err != nil {
		return err
	}
	return tx.AppendAudit(audit.Entry{Time: now, Actor: by, Act: audit.WorkspaceChanged,
		Detail: map[string]string{"fields": strings.Join(changed, ",")}})
}

func changedSettings(old, new Workspace) []string {
	var changed []string
	for _, f := range []struct {
		name string
		same bool
	}{
		{"name", old.Name == new.Name},
		{"rp_id", old.RPID == new.RPID},
		{"rp_name", old.RPName == new.RPName},
		{"verification", old.Verification == new.Verification},
		{"offline_login", old.OfflineLogin == new.OfflineLogin},
		{"pin_chooser", old.PINChooser == new.PINChooser},
		{"pin_policy", old.PINPolicy == new.PINPolicy},
		{"driver_link", old.DriverLink == new.DriverLink},
		{"language", old.Language == new.Language},
	} {
		if !f.same {
			changed = append(changed, f.name)
		}
	}
	return changed
}
