package enroll

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"tapstation/app/audit"
	"tapstation/app/directory"
	"tapstation/app/rp"
	"tapstation/device"
)

// Request is the enrollment of one card for one user.
type Request struct {
	UserID string // may be left out where KeyID is given
	// KeyID is the pending key that becomes active: its ID, name, verification and Offline Login are kept, whatever is
	// asked for here. Empty: a new key.
	KeyID string
	// TicketID is leave to activate KeyID in the place of a right (directory.MayRedeem). It is redeemed when the key is
	// kept.
	TicketID string

	KeyName      string // empty: a sensible one is made of NameBase
	NameBase     string // what such a card is called in the language in use; empty: in English
	Verification directory.Verification
	OfflineLogin bool
	PINChooser   directory.PINChooser // for a card that has no PIN yet, as far as mail reaches the user (directory.EffectivePINChooser)
	Replaces     []string             // IDs of keys of this user, revoked when the new one is kept and not before
	Reader       string               // empty: the first card that comes counts
	// Actor, for the audit log: "admin:ID", "os:NAME"; needs EnrollKeys. With TicketID "user:ID" too.
	Actor string
}

// Result is a proven security key and what it took.
type Result struct {
	Key     directory.SecurityKey
	Reader  string
	Resumed bool          // an earlier, lost ceremony was brought to its end
	Cost    device.Cost   // of all card sessions it took
	Total   time.Duration // from the card being there to the key being kept; waiting for a person not counted
	// Mail is what was queued for the user to choose their PIN by; zero where there is no such mail.
	Mail directory.Message
}

// RelyingParty takes new credentials: the workspace's own, or an identity provider.
type RelyingParty interface {
	// Begin opens a registration for user; exclude is the credentials that must not be on the same key.
	Begin(ctx context.Context, user directory.User, v directory.Verification, exclude [][]byte) (rp.Creation, error)
	// Finish verifies the key's answer and says what to keep. Its error is a refusal.
	Finish(ctx context.Context, c rp.Creation, r rp.Registration) (directory.Credential, error)
}

// Sealer keeps a secret unreadable at rest. The purpose must be the same at both ends.
type Sealer interface {
	Seal(secret []byte, purpose string) ([]byte, error)
	Open(sealed []byte, purpose string) ([]byte, error)
}

// PINMailer tells a user by mail how to choose the PIN of a card whose PIN is temporary.
type PINMailer interface {
	// QueuePINMail makes the ticket and queues the mail, in the transaction that keeps the key.
	QueuePINMail(tx directory.Tx, now time.Time, by string, w directory.Workspace, u directory.User, k directory.SecurityKey) error
}

// Enroller runs ceremonies. All members but PINMail are needed.
type Enroller struct {
	Directory    *directory.Directory
	Board        *device.Board
	RelyingParty func(directory.Workspace) (RelyingParty, error)
	Seal         Sealer
	PINMail      PINMailer // nil: nobody is told of a temporary PIN
}

// Enroll turns the card that is tapped into a security key of req's user. It waits for reader and card as long as
// ctx lives, goes on with the same card when it was taken away too early, and finishes an earlier ceremony for
// this user that was lost. It ends with a proven key; with ErrCancelled or ctx.Err(); or with an error that no
// further tap of this card would mend: those of this package and of package device. For a pending key it also fails with
// directory.ErrTicket and its kin, *directory.StateError and ErrNotACard; where that comes to light at the end, within a
// *RefusedError.
//
// Whatever ends it, the card holds either what it held before, or what the journal in the store knows, and the
// next Enroll for this user goes on from there. GiveUp lets go of it.
func (e *Enroller) Enroll(ctx context.Context, req Request, p Prompter) (Result, error) {
	c, err := e.open(ctx, req, ticket{req.TicketID, directory.Activate, req.KeyID}, p)
	if err != nil {
		return Result{}, err
	}
	for {
		if err := c.tap(ctx); err != nil {
			return Result{}, c.end(ctx, fmt.Errorf("wait for a card: %w", err))
		}
		err := c.onCard(ctx)
		c.leave()
		if err == nil {
			return c.result(), nil
		}
		if !again(err) || ctx.Err() != nil {
			return Result{}, c.end(ctx, err)
		}
		c.problem = err
		if errors.Is(err, device.ErrCardReset) {
			c.resets++
		}
	}
}

// onCard is the ceremony itself, from a card in the field to a key in the directory.
func (c *ceremony) onCard(ctx context.Context) error {
	if err := c.inspect(ctx); err != nil {
		return err
	}
	if err := c.providePIN(ctx); err != nil {
		return err
	}
	if c.undo != nil {
		return c.undo(ctx)
	}
	if err := c.register(ctx); err != nil {
		return err
	}
	if err := c.prove(ctx); err != nil {
		return err
	}
	if err := c.forceChange(ctx); err != nil {
		return err
	}
	return c.save(ctx)
}

// ceremony is one Enroll under way.
type ceremony struct {
	*Enroller
	req    Request
	ticket ticket
	prompt Prompter

	user      directory.User
	workspace directory.Workspace
	rp        RelyingParty

	journal directory.Enrollment // Stage is empty while the card is as it was
	resumed bool                 // the journal was found, not begun
	kept    directory.SecurityKey
	mail    directory.Message

	card    device.Card // the session under way; nil between taps
	reader  string
	lastTap int   // State.Taps of the last session
	problem error // why another tap is needed
	resets  int   // of this tap, by another program

	mark   directory.CardMark // of the first card tapped
	marked bool
	info   device.Info
	pin    device.PIN // what the card is opened with; empty: without user verification
	source pinSource
	before *pinInHand  // what the card has until pin has arrived in its place
	reset  bool        // the person agreed to a reset
	busy   error       // why this card may not be reset
	known  []sealedPIN // PINs the card may have, to be tried one after another
	looked bool        // they were looked for
	found  bool        // the card was looked at and belongs to nobody, or may be replaced
	// here is the IDs of keys that are on this very card and give way; past of those that were, long revoked.
	here, past []string

	undo     func(context.Context) error // takes a credential back, of which the card was torn away; nil: there is none
	recorded bool                        // the audit log tells of this ceremony
	changed  bool                        // a command that changes the card was sent

	cost    device.Cost
	started time.Time
	spent   time.Duration // with the card, without people
}

// open reads who is enrolled and whether a lost ceremony waits.
func (e *Enroller) open(ctx context.Context, req Request, t ticket, p Prompter) (*ceremony, error) {
	c := &ceremony{Enroller: e, req: req, ticket: t, prompt: p}
	err := e.Directory.Store.View(ctx, func(tx directory.Tx) (err error) {
		if c.req.UserID == "" && c.req.KeyID != "" {
			if c.req.UserID, err = holderOf(tx, c.req.KeyID); err != nil {
				return err
			}
		}
		if c.user, err = tx.User(c.req.UserID); err != nil {
			return fmt.Errorf("user %q: %w", c.req.UserID, err)
		}
		if err := c.allowed(tx); err != nil {
			return err
		}
		if c.workspace, err = tx.Workspace(); err != nil {
			return fmt.Errorf("workspace: %w", err)
		}
		if err := c.takeSettings(tx); err != nil {
			return err
		}
		c.journal, err = tx.Enrollment(c.user.ID)
		if errors.Is(err, directory.ErrNotFound) {
			c.journal, err = directory.Enrollment{}, nil
		}
		if err == nil {
			err = c.adopt(tx)
		}
		if err != nil {
			return err
		}
		return c.mayReplace(tx)
	})
	if err != nil {
		return nil, err
	}
	c.req.PINChooser = directory.EffectivePINChooser(c.req.PINChooser, c.workspace, c.user)
	if c.workspace.RequirePIN && c.req.Verification != directory.PIN {
		return nil, directory.ErrPINDemanded
	}
	if c.user.Disabled {
		return nil, fmt.Errorf("user %q: %w", c.user.ID, ErrUserDisabled)
	}
	if c.rp, err = e.RelyingParty(c.workspace); err != nil {
		return nil, err
	}
	if c.journal.Stage != "" {
		c.resume()
	}
	for _, id := range c.req.Replaces {
		c.giveWay(id)
	}
	return c, nil
}

// mayReplace looks at the keys that are to be replaced.
func (c *ceremony) mayReplace(tx directory.Tx) error {
	for _, id := range c.req.Replaces {
		k, err := tx.Key(id)
		if err == nil && directory.Fold(k.UserID) != directory.Fold(c.user.ID) {
			err = fmt.Errorf("it is not one of %s: %w", c.user.ID, directory.ErrNotFound)
		}
		if err == nil && k.State == directory.Revoked && !c.replaces(id) {
			err = &directory.StateError{From: k.State, To: directory.Revoked}
		}
		if err != nil {
			return fmt.Errorf("replace key %q: %w", id, err)
		}
	}
	return nil
}

// resume goes on from the journal: the card is the one it tells of, and what was agreed to then still holds, but
// settings are those asked for now.
func (c *ceremony) resume() {
	c.resumed, c.found, c.marked = true, true, true
	c.mark = c.journal.Mark
	c.problem = ErrUnfinished
	if c.registered() && c.journal.Verification != c.req.Verification {
		c.journal.Stage = directory.Registering // the credential was made for another verification
	}
}

// end is what remains to be done when err ends the ceremony.
func (c *ceremony) end(ctx context.Context, err error) error {
	var owned *AlreadyEnrolledError
	var refused *RefusedError
	switch {
	case c.journal.Stage == "" || c.resumed:
	case !c.changed: // the card is as it was, so nothing is to be gone on with
		c.journal.PINMade, c.journal.OldPIN = false, nil
		err = errors.Join(err, c.Directory.Store.Update(context.WithoutCancel(ctx), func(tx directory.Tx) error {
			return c.giveUp(tx, c.journal, c.req.Actor)
		}))
	case refuses(err) && !errors.As(err, &refused): // before there was a credential: its PIN stays known
		err = errors.Join(err, c.letGo(context.WithoutCancel(ctx), c.user.ID, c.req.Actor, func(directory.Tx) error { return nil }))
	}
	if errors.As(err, &owned) || errors.As(err, &refused) || errors.Is(err, rp.ErrModel) {
		record := c.entry(audit.EnrollmentRefused)
		record.Detail = map[string]string{"reason": err.Error()}
		err = errors.Join(err, c.Directory.Store.Update(context.WithoutCancel(ctx), func(tx directory.Tx) error {
			return tx.AppendAudit(record)
		}))
	}
	return err
}

func (c *ceremony) entry(act audit.Act) audit.Entry {
	return audit.Entry{Time: c.now(), Actor: c.req.Actor, Act: act, User: c.user.ID, Key: c.journal.KeyID}
}

func (c *ceremony) step(kind StepKind) {
	c.prompt.Progress(Step{Kind: kind, Reader: c.reader, Model: Model(c.info), Begun: c.journal.Stage != "", Problem: c.problem})
}

func (c *ceremony) result() Result {
	c.step(Done)
	return Result{Key: c.kept, Reader: c.reader, Resumed: c.resumed, Cost: c.cost, Total: c.spent, Mail: c.mail}
}

// Model is what people can call the card. FIDO tells no names; a metadata service would.
func Model(info device.Info) string {
	version := ""
	for _, v := range info.Versions {
		if number, ok := strings.CutPrefix(v, "FIDO_"); ok && !strings.HasSuffix(v, "_PRE") {
			version = max(version, strings.ReplaceAll(number, "_", "."))
		}
	}
	if version == "" {
		return ""
	}
	return "FIDO " + version + " card"
}

// now is the time a store can keep: UTC, to the microsecond.
func (e *Enroller) now() time.Time {
	now := time.Now
	if e.Directory.Now != nil {
		now = e.Directory.Now
	}
	return now().UTC().Truncate(time.Microsecond)
}
