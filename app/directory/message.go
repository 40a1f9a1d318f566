package directory

import "time"

// Message is a mail in the outbox. What it says is composed when it is sent, because what it opens is kept nowhere.
type Message struct {
	ID       string // 16 random bytes in hex
	Kind     MessageKind
	UserID   string
	KeyID    string
	TicketID string
	To       string // the address it went to, or would go to now
	// MessageID is the header of this name (RFC 5322 §3.6.4) without the angle brackets, the same at every attempt.
	MessageID string

	State    MessageState
	Attempts int
	Due      time.Time // when the next attempt is to be made
	// LeasedUntil is until when LeasedBy is sending it.
	LeasedBy    string
	LeasedUntil time.Time
	Answer      string // what the server, or the way to it, said last; one line, at most MaxAnswer bytes

	Created time.Time // those of one user leave in this order
	Tried   time.Time // the last attempt
	Done    time.Time // since when State is final
}

// MaxAnswer bounds Message.Answer, in bytes.
const MaxAnswer = 500

// MessageKind is what a message is about.
type MessageKind string

// Kinds of message; TestMail is about nobody and never in the outbox.
const (
	ActivationMail MessageKind = "activation"
	PINMail        MessageKind = "pin_setup"
	EmailProofMail MessageKind = "email_proof"
	TestMail       MessageKind = "test"
)

// MessageState is where a message stands.
type MessageState string

// States of a message. All but Queued are final, until somebody has it sent again.
const (
	Queued MessageState = "queued"
	Sent   MessageState = "sent"
	// Unconfirmed: the server was handed the whole message, and this program ended before the answer came.
	Unconfirmed MessageState = "unconfirmed"
	Failed      MessageState = "failed"  // refused for good, or for too long
	Dropped     MessageState = "dropped" // what it is about is over
)

// MessageQuery is a page of messages; empty members match all.
type MessageQuery struct {
	State         MessageState
	UserID, KeyID string
	MadeBefore    time.Time // finds those made before
	Desc          bool      // the last made first
	After         string
	Limit         int // at most 1,000; 0: 100
}

// MessagePage is messages in the order they were made. It may hold fewer than asked for, even none, and still have a Next.
type MessagePage struct {
	Messages []Message
	Next     string
}

// MailTemplate is what an administrator has a kind of message say in a language, in the place of the program's own words.
type MailTemplate struct {
	Kind     MessageKind
	Language string // "en", "de"
	Subject  string
	Body     string // plain text with placeholders; app/mail/letter says which
	Changed  time.Time
}
