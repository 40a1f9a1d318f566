package directory

import (
	"bytes"
	"context"
	"fmt"
	"net/url"
	"regexp"
	"slices"
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
// "pin_chooser", "pin_min_length", "pin_max_length", "driver_link", "language", "logo", "appearance", "lock_after",
// "attestation", "allowed_aaguids", "denied_aaguids", "offline_logins", "offline_days", and those of validateMail: the names
// of Settings.
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
	return slices.Concat(wrong, validatePolicies(w), validateMail(w))
}

// validatePolicies is the part of ValidateWorkspace that bounds what is no text.
func validatePolicies(w Workspace) []FieldError {
	wrong := CheckLogo(w.Logo)
	if !slices.Contains([]Appearance{AppearanceSystem, Light, Dark}, w.Appearance) {
		wrong = append(wrong, FieldError{"appearance", InvalidValue, 0})
	}
	if w.LockAfter != 0 && (w.LockAfter < time.Minute || w.LockAfter > MaxLockAfter) {
		wrong = append(wrong, FieldError{"lock_after", OutOfRange, int(MaxLockAfter / time.Minute)})
	}
	if w.Attestation != AttestationAny && w.Attestation != AttestationRequired {
		wrong = append(wrong, FieldError{"attestation", InvalidValue, 0})
	}
	for _, n := range []struct {
		field       string
		value, most int
		problem     Problem
	}{
		{"allowed_aaguids", len(w.AllowedAAGUIDs), MaxAAGUIDs, TooMany},
		{"denied_aaguids", len(w.DeniedAAGUIDs), MaxAAGUIDs, TooMany},
		{"offline_logins", w.OfflineLogins, MaxOfflineLogins, OutOfRange},
		{"offline_days", w.OfflineDays, MaxOfflineDays, OutOfRange},
	} {
		if n.value < 0 || n.value > n.most {
			wrong = append(wrong, FieldError{n.field, n.problem, n.most})
		}
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

// SetWorkspace keeps new settings. It fails with *InvalidError, and with ErrOfflineCache when only this machine's offline
// cache could not be told of new terms.
func (d *Directory) SetWorkspace(ctx context.Context, by string, w Workspace) error {
	if err := invalid(ValidateWorkspace(w)); err != nil {
		return err
	}
	var was OfflineTerms
	err := d.change(ctx, by, ChangeSettings, func(tx Tx, now time.Time) (err error) {
		was, err = setWorkspace(tx, by, now, w)
		return err
	})
	if err != nil {
		return err
	}
	return d.termsChanged(ctx, was, w.OfflineTerms())
}

// ChangeWorkspace keeps what change makes of the settings as they are in that moment, and returns them. It fails with
// change's error, with *InvalidError, and with ErrOfflineCache as SetWorkspace does.
func (d *Directory) ChangeWorkspace(ctx context.Context, by string, change func(*Workspace) error) (Workspace, error) {
	var (
		w   Workspace
		was OfflineTerms
	)
	err := d.change(ctx, by, ChangeSettings, func(tx Tx, now time.Time) (err error) {
		if w, err = tx.Workspace(); err != nil {
			return err
		}
		logo := w.Logo
		if err := change(&w); err != nil {
			return err
		}
		looked := w
		if bytes.Equal(logo, w.Logo) {
			looked.Logo = nil // looking at a picture takes its time
		}
		if err := invalid(ValidateWorkspace(looked)); err != nil {
			return err
		}
		was, err = setWorkspace(tx, by, now, w)
		return err
	})
	if err != nil {
		return w, err
	}
	return w, d.termsChanged(ctx, was, w.OfflineTerms())
}

// termsChanged tells the offline cache of this machine that log-ins without the directory are on other terms now.
func (d *Directory) termsChanged(ctx context.Context, was, is OfflineTerms) error {
	if d.Offline == nil || was == is {
		return nil
	}
	if err := d.Reconcile(context.WithoutCancel(ctx)); err != nil {
		return fmt.Errorf("%w: %w", ErrOfflineCache, err)
	}
	return nil
}

// setWorkspace keeps settings that are valid, and tells on which terms log-ins without the directory were before.
func setWorkspace(tx Tx, by string, now time.Time, w Workspace) (was OfflineTerms, err error) {
	old, err := tx.Workspace()
	if err != nil {
		return was, err
	}
	was = old.OfflineTerms()
	detail := changedSettings(old, w)
	if len(detail) == 0 {
		return was, nil
	}
	w.Changed = now
	if err := tx.PutWorkspace(w); err != nil {
		return was, err
	}
	return was, tx.AppendAudit(audit.Entry{Time: now, Actor: by, Act: audit.WorkspaceChanged, Detail: detail})
}

// longestDetail is up to how many bytes of a setting are put on record, of its old and of its new value.
const longestDetail = 200

// changedSettings is what the audit log tells of a change: the names of the settings, and what they were and are where
// that is short.
func changedSettings(old, new Workspace) map[string]string {
	detail := map[string]string{}
	var names []string
	for _, s := range Settings() {
		was, is := s.Get(old), s.Get(new)
		if was == is {
			continue
		}
		names = append(names, s.Name)
		if s.Kind != FileSetting && len(was)+len(is) <= longestDetail {
			detail[s.Name] = was + " → " + is
		}
	}
	if names != nil {
		detail["fields"] = strings.Join(names, ",")
	}
	return detail
}
