package activation

import (
	"bytes"
	"crypto/sha256"
	"errors"
	"fmt"
	"strings"
	"time"

	"tapstation/app/directory"
)

const (
	// mostWrong is how many codes with the right handle may be wrong otherwise before the code is dead.
	mostWrong = 5
	// proofTime is how long the code of an e-mail proof can be used: its mail may take a while, and nobody waits longer.
	proofTime = 30 * time.Minute
	// mostSerials bounds the search for a handle that no other ticket has. With a million tickets one in thirty is taken.
	mostSerials = 100
)

// issue makes an open ticket of what w allows: ID, link, code and times.
func (t *Tickets) issue(tx directory.Tx, now time.Time, w directory.Workspace, ticket directory.Ticket) (directory.Ticket, error) {
	k, err := t.makeKeyIn(tx)
	if err != nil {
		return ticket, err
	}
	ticket.ID, ticket.State, ticket.Created = newID(), directory.Open, now
	if ticket.Purpose == directory.ProveEmail {
		ticket.Expires = now.Add(proofTime)
	} else {
		ticket.Expires = now.AddDate(0, 0, linkDays(w))
		ticket.Link = hashOf(k.token(ticket.ID))
	}
	return newCode(tx, k, now, w, ticket)
}

// newCode gives a ticket its next code, and keeps it.
func newCode(tx directory.Tx, k key, now time.Time, w directory.Workspace, ticket directory.Ticket) (directory.Ticket, error) {
	ticket.WrongCodes = 0
	ticket.CodeExpires = now.Add(codeTime(w))
	if ticket.CodeExpires.After(ticket.Expires) {
		ticket.CodeExpires = ticket.Expires
	}
	var err error
	for range mostSerials {
		ticket.Serial++
		code := k.code(ticket.ID, ticket.Serial)
		ticket.Handle, ticket.Code = k.handleHash(code), k.codeHash(ticket.ID, code)
		if err = tx.PutTicket(ticket); !errors.Is(err, directory.ErrExists) {
			break
		}
	}
	if err != nil {
		return ticket, fmt.Errorf("keep the ticket: %w", err)
	}
	return ticket, nil
}

// linkDays and codeTime are how long what is mailed can be used; a workspace kept by an older version does not say.
func linkDays(w directory.Workspace) int {
	if w.LinkDays <= 0 {
		return directory.DefaultWorkspace().LinkDays
	}
	return w.LinkDays
}

func codeTime(w directory.Workspace) time.Duration {
	hours := w.CodeHours
	if hours <= 0 {
		hours = directory.DefaultWorkspace().CodeHours
	}
	return time.Duration(hours) * time.Hour
}

// codeWorks tells whether the code of an open ticket can be used.
func codeWorks(ticket directory.Ticket, now time.Time) bool {
	return ticket.WrongCodes < mostWrong && now.Before(ticket.CodeExpires)
}

// opening derives what opens a ticket. The code stays empty where it cannot be used.
func opening(k key, now time.Time, w directory.Workspace, ticket directory.Ticket) (Opening, error) {
	o := Opening{Expires: ticket.Expires, CodeExpires: ticket.CodeExpires}
	if len(ticket.Link) > 0 {
		token := k.token(ticket.ID)
		if !bytes.Equal(hashOf(token), ticket.Link) {
			return Opening{}, ErrLinkLost
		}
		o.Link = link(w, ticket.Purpose, token)
	}
	code := k.code(ticket.ID, ticket.Serial)
	if codeWorks(ticket, now) && bytes.Equal(k.codeHash(ticket.ID, code), ticket.Code) {
		o.Code = written(code)
	}
	return o, nil
}

// link is the address of the page behind a token.
func link(w directory.Workspace, p directory.Purpose, token string) string {
	if w.Portal.URL == "" {
		return ""
	}
	page := "activate"
	if p == directory.SetPIN {
		page = "pin"
	}
	return strings.TrimRight(w.Portal.URL, "/") + "/" + page + "/" + token
}

// queue puts the mail that brings a ticket to its user into the outbox.
func queue(tx directory.Tx, now time.Time, w directory.Workspace, kind directory.MessageKind, u directory.User, ticket directory.Ticket) error {
	err := tx.PutMessage(directory.Message{
		ID: newID(), Kind: kind, UserID: u.ID, KeyID: ticket.KeyID, TicketID: ticket.ID, To: u.Email,
		MessageID: newID() + "@" + mailDomain(w), State: directory.Queued, Due: now, Created: now,
	})
	if err != nil {
		return fmt.Errorf("put the mail into the outbox: %w", err)
	}
	return nil
}

// mailDomain is what stands behind the @ of a Message-ID: the sender's domain where it is ASCII, as RFC 5322 wants it.
func mailDomain(w directory.Workspace) string {
	domain := w.Mail.From[strings.LastIndexByte(w.Mail.From, '@')+1:]
	for _, r := range domain {
		if r <= ' ' || r > '~' || strings.ContainsRune(`<>()[]\,;:"@`, r) {
			return w.RPID
		}
	}
	if domain == "" {
		return w.RPID
	}
	return domain
}

// mailable tells why a link cannot be mailed to a user.
func mailable(w directory.Workspace, u directory.User) error {
	switch {
	case !w.CanMail():
		return ErrMailNotSetUp
	case u.Disabled:
		return ErrUserDisabled
	case u.Email == "":
		return ErrNoEmail
	}
	return nil
}

// How many mails a user gets at most by being asked for again.
const (
	mostAnHour = 5
	mostADay   = 20
)

// often fails with *TooOftenError where the user got as many mails as they should. What never left does not count.
func often(tx directory.Tx, now time.Time, userID string) error {
	page, err := tx.Messages(directory.MessageQuery{UserID: userID, Desc: true, Limit: 1000})
	if err != nil {
		return err
	}
	n := 0
	for _, m := range page.Messages {
		if m.State == directory.Dropped {
			continue
		}
		n++
		for _, limit := range []struct {
			most int
			time time.Duration
		}{{mostAnHour, time.Hour}, {mostADay, 24 * time.Hour}} {
			if until := m.Created.Add(limit.time); n == limit.most && until.After(now) {
				return &TooOftenError{Until: until}
			}
		}
	}
	return nil
}

// hashOf is by what a link is found.
func hashOf(token string) []byte {
	sum := sha256.Sum256([]byte(token))
	return sum[:]
}
