// Package mail sends what the outbox of the directory holds, by submission to a mail server (RFC 6409).
//
// A message stands in the outbox since the transaction that did what it tells of, and says nothing before it is sent: it is
// composed then, so that links and codes are kept nowhere. Messages of one user leave in the order they were made; many
// leave over one connection, over a few connections at once. One process of a data folder sends at a time (the claim
// "mail"); where several machines share a store, a message is leased to one of them.
//
// # Once each
//
// The server has a message from the moment it answers 250 to the end of DATA. What happened is kept in the store in
// batches: after batchCount messages or batchTime, and always before QUIT. In between, a journal outside of the store
// (Handover) says of which messages the end was about to be sent, and what was answered. Every attempt at a message has
// the same Message-ID. What that promises:
//
//   - The connection breaks, or the server falls silent, at any moment before its answer, and this program lives: the
//     message is tried again. If the server had taken it all the same, which RFC 5321 §4.2.5 tells it not to do without
//     answering, it arrives twice, with one Message-ID.
//   - This program is killed at any moment: what was answered counts as answered, and what was not handed over leaves with
//     the next start. What was handed over without an answer, at most one message for each connection, becomes
//     directory.Unconfirmed: it is shown, and sent again only when a person says so. It has arrived, unless the program
//     was killed between its last word in the journal and that to the server.
//   - The machine loses power: the same, as far as the journal, which is not forced to the disk, is there afterwards. What
//     is not in it, of the last batch, is sent again.
//   - The journal is removed, or the directory replaced by a backup, while messages are on their way: those that the store
//     does not know as sent are sent again. The same where several machines share a store and one of them is killed and
//     not started again before its leases end: others then send what it had not kept, a batch at most.
//
// No message is ever lost: what is in the store and not in one of the final states is tried until it is.
package mail

import (
	"context"
	"errors"
	"fmt"
	"net"
	"sync"
	"time"

	"tapstation/app/activation"
	"tapstation/app/directory"
	"tapstation/app/mail/letter"
)

// Outbox sends the messages of a directory. It may be used by several goroutines at once.
type Outbox struct {
	Directory *directory.Directory
	Tickets   Tickets
	Handover  Handover
	// Claim keeps other processes from sending: the claim of this name (storage/claim). It fails with *directory.HeldError. nil: there are none.
	Claim func() (release func() error, err error)
	// Connections is how many there are to the server at once, at most; 0: four.
	Connections int

	// Replaced by tests.
	patience *patience
	fresh    time.Duration // 0: the constant
	dial     func(ctx context.Context, network, address string) (net.Conn, error)

	mu      sync.Mutex
	status  Status
	changed chan struct{}
	wake    chan struct{}
	pauses  int // one after the other without a message that left
}

// Tickets are what messages open (activation.Tickets).
type Tickets interface {
	// Opening is what opens a ticket. It fails with directory.ErrTicket where nothing does any more.
	Opening(tx directory.Tx, ticketID string) (activation.Opening, error)
	// Freshen gives a ticket another code where its own cannot be used any more.
	Freshen(tx directory.Tx, ticketID string) error
	// Prune forgets what is long over, messages too.
	Prune(ctx context.Context) error
}

// Handover is the journal of what is given to the server. It is used by one process at a time and outlives it when that is
// killed.
type Handover interface {
	// Open tells in whose name this station leases messages, which is always the same, and what an earlier process left.
	Open() (sender string, left []Handed, err error)
	// Begin notes, before it happens, that the end of a message is sent.
	Begin(messageID string) error
	// Answer notes what the server said to it.
	Answer(messageID string, code int, answer string) error
	// Forget drops what is in the store now.
	Forget(messageIDs []string) error
	Close() error
}

// Handed is a message whose end was sent, or about to be.
type Handed struct {
	MessageID string // directory.Message.ID
	Code      int    // of SMTP; 0: not answered
	Answer    string
}

// Claim is the name of the claim of the process that sends.
const Claim = "mail"

// What is refused.
var (
	// ErrNotSetUp: there is no server, no sender, or no address for links.
	ErrNotSetUp = errors.New("mail is not set up")
	// ErrLeaving: the message is being sent just now.
	ErrLeaving = errors.New("the mail is being sent just now")
	// ErrGone: the message has left, or will never.
	ErrGone = errors.New("the mail does not wait to be sent")
)

const (
	batchCount = 64
	batchTime  = 200 * time.Millisecond
	// ahead is how many messages are leased at once, so that connections have something to do while a batch is kept.
	ahead = 256
	// lease is for how long. It is more than sending one message can take at most, with time before it to be its turn.
	lease = 20 * time.Minute
	// lookEvery is how often messages are looked for that other processes have queued.
	lookEvery = 3 * time.Second
	// keepTime is how long it is tried to keep what happened, once the program is to end.
	keepTime = 10 * time.Second
)

// now is the time a store can keep: UTC, to the microsecond.
func (o *Outbox) now() time.Time {
	now := time.Now
	if o.Directory.Now != nil {
		now = o.Directory.Now
	}
	return now().UTC().Truncate(time.Microsecond)
}

func (o *Outbox) freshness() time.Duration {
	if o.fresh > 0 {
		return o.fresh
	}
	return fresh
}

func (o *Outbox) connections() int {
	if o.Connections > 0 {
		return o.Connections
	}
	return 4
}

// prepare is the server as the settings have it, and what signs the messages. It fails with ErrNotSetUp and *Trouble.
func (o *Outbox) prepare(ctx context.Context, w directory.Workspace) (server, *letter.Signer, error) {
	s := server{MailSettings: w.Mail, patience: patient}
	if s.Host == "" || s.From == "" {
		return s, nil, ErrNotSetUp
	}
	if s.User != "" {
		password, err := o.Directory.OpenSecret(ctx, directory.SMTPPassword)
		if err != nil && !errors.Is(err, directory.ErrNotFound) {
			return s, nil, troubled(BadSettings, err)
		}
		s.password = string(password)
	}
	sign, err := o.signer(ctx, w.Mail)
	if err != nil {
		return s, nil, troubled(BadSettings, err)
	}
	if o.patience != nil {
		s.patience = *o.patience
	}
	if o.dial != nil {
		s.dial = o.dial
	}
	s, err = s.prepare()
	return s, sign, err
}

// signer signs with DKIM, where the settings have a domain for it. A message is not sent unsigned where it should be: that
// would look like a forgery.
func (o *Outbox) signer(ctx context.Context, m directory.MailSettings) (*letter.Signer, error) {
	if m.DKIMDomain == "" {
		return nil, nil
	}
	key, err := o.Directory.OpenSecret(ctx, directory.DKIMKey)
	if err != nil {
		return nil, fmt.Errorf("the key that signs mail: %w", err)
	}
	return letter.NewSigner(m.DKIMDomain, m.DKIMSelector, key)
}
