package bolt

import (
	"bytes"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"time"

	"tapstation/app/directory"
)

// Messages are found by an index. PLACE is when a message was made and its ID:
//
//	outbox_index  a PLACE                 all
//	              s state NUL PLACE
//	              u User ID NUL PLACE
//	              k key ID NUL PLACE
//	              q User ID NUL PLACE     those queued
//	              d TIME PLACE            those queued, by when they are due and leased by nobody
//	              n state → how many
type messageRecord struct {
	ID          string  `cbor:"1,keyasint"`
	Kind        string  `cbor:"2,keyasint,omitempty"`
	UserID      string  `cbor:"3,keyasint,omitempty"`
	KeyID       string  `cbor:"4,keyasint,omitempty"`
	TicketID    string  `cbor:"5,keyasint,omitempty"`
	To          string  `cbor:"6,keyasint,omitempty"`
	MessageID   string  `cbor:"7,keyasint,omitempty"`
	State       string  `cbor:"8,keyasint,omitempty"`
	Attempts    int     `cbor:"9,keyasint,omitempty"`
	Due         instant `cbor:"10,keyasint,omitempty"`
	LeasedBy    string  `cbor:"11,keyasint,omitempty"`
	LeasedUntil instant `cbor:"12,keyasint,omitempty"`
	Answer      string  `cbor:"13,keyasint,omitempty"`
	Created     instant `cbor:"14,keyasint,omitempty"`
	Tried       instant `cbor:"15,keyasint,omitempty"`
	Done        instant `cbor:"16,keyasint,omitempty"`
}

func keepMessage(m directory.Message) messageRecord {
	return messageRecord{m.ID, string(m.Kind), m.UserID, m.KeyID, m.TicketID, m.To, m.MessageID, string(m.State), m.Attempts,
		instantOf(m.Due), m.LeasedBy, instantOf(m.LeasedUntil), m.Answer, instantOf(m.Created), instantOf(m.Tried), instantOf(m.Done)}
}

func (r messageRecord) message() directory.Message {
	return directory.Message{ID: r.ID, Kind: directory.MessageKind(r.Kind), UserID: r.UserID, KeyID: r.KeyID, TicketID: r.TicketID,
		To: r.To, MessageID: r.MessageID, State: directory.MessageState(r.State), Attempts: r.Attempts, Due: r.Due.Time(),
		LeasedBy: r.LeasedBy, LeasedUntil: r.LeasedUntil.Time(), Answer: r.Answer, Created: r.Created.Time(), Tried: r.Tried.Time(),
		Done: r.Done.Time()}
}

func (t *tx) Message(id string) (m directory.Message, err error) {
	defer t.guard(&err)
	return t.message([]byte(id))
}

func (t *tx) message(id []byte) (directory.Message, error) {
	if len(id) == 0 {
		return directory.Message{}, directory.ErrNotFound
	}
	r, err := record[messageRecord](t, outbox, id)
	return r.message(), err
}

func (t *tx) Messages(q directory.MessageQuery) (page directory.MessagePage, err error) {
	defer t.guard(&err)
	prefix := []byte("a")
	switch {
	case q.KeyID != "":
		prefix = indexKey('k', q.KeyID)
	case q.UserID != "":
		prefix = indexKey('u', directory.Fold(q.UserID))
	case q.State != "":
		prefix = indexKey('s', string(q.State))
	}
	after, err := hex.DecodeString(q.After)
	if err != nil {
		return page, nil // not of this query
	}
	walk := t.scan
	if q.Desc {
		walk = t.scanBack
	}
	limit := pageLimit(q.Limit, 100, 1000)
	looked := 0
	for place := range walk(outboxIndex, prefix, after) {
		if err := t.alive(); err != nil {
			return page, err
		}
		if looked++; len(page.Messages) == limit || looked > 10*limit {
			return page, nil
		}
		page.Next = hex.EncodeToString(place)
		m, err := t.messageAt(place)
		if err != nil {
			return page, err
		}
		if (q.State == "" || m.State == q.State) && (q.UserID == "" || directory.Fold(m.UserID) == directory.Fold(q.UserID)) {
			page.Messages = append(page.Messages, m)
		}
	}
	page.Next = ""
	return page, nil
}

// messageAt is the message whose place an index entry tells.
func (t *tx) messageAt(place []byte) (directory.Message, error) {
	if len(place) <= placeTime {
		return directory.Message{}, fmt.Errorf("%w: a message has no place", directory.ErrDamaged)
	}
	m, err := t.message(place[placeTime:])
	return m, damagedIndex(err)
}

func (t *tx) DueMessages(now time.Time, limit int) (due []directory.Message, next time.Time, err error) {
	defer t.guard(&err)
	limit = pageLimit(limit, 100, 1000)
	for rest := range t.scan(outboxIndex, []byte("d"), nil) {
		if err := t.alive(); err != nil {
			return nil, next, err
		}
		if len(rest) < placeTime || len(due) == limit {
			break
		}
		m, err := t.messageAt(rest[placeTime:])
		if err != nil {
			return nil, next, err
		}
		if at := ripe(m); at.After(now) {
			next = at
			break
		}
		if m.UserID == "" || t.firstOfUser(m) {
			due = append(due, m)
		}
	}
	return due, next, nil
}

// firstOfUser tells whether a user has no other message queued before m.
func (t *tx) firstOfUser(m directory.Message) bool {
	for place := range t.scan(outboxIndex, indexKey('q', directory.Fold(m.UserID)), nil) {
		return bytes.Equal(place, placedAt(m.Created, m.ID))
	}
	return false
}

// ripe is when a queued message can be sent.
func ripe(m directory.Message) time.Time {
	if m.LeasedUntil.After(m.Due) {
		return m.LeasedUntil
	}
	return m.Due
}

func (t *tx) PutMessage(m directory.Message) (err error) {
	defer t.guard(&err)
	if m.ID == "" || len(m.ID) > maxName || len(m.KeyID) > maxName || len(m.UserID) > maxName || m.State == "" {
		return fmt.Errorf("message ID %.64q: %w", m.ID, errName)
	}
	var before []entry
	old, err := t.message([]byte(m.ID))
	known := err == nil
	switch {
	case known:
		before = messageEntries(old)
	case !errors.Is(err, directory.ErrNotFound):
		return err
	}
	if err := keep(t, outbox, []byte(m.ID), keepMessage(m)); err != nil {
		return fmt.Errorf("keep message %q: %w", m.ID, err)
	}
	if known && old.State != m.State {
		if err := t.countMessages(old.State, -1); err != nil {
			return err
		}
	}
	if !known || old.State != m.State {
		if err := t.countMessages(m.State, 1); err != nil {
			return err
		}
	}
	return t.reindex(outboxIndex, before, messageEntries(m))
}

func (t *tx) DeleteMessage(id string) (err error) {
	defer t.guard(&err)
	old, err := t.message([]byte(id))
	if err != nil {
		return err
	}
	if err := t.delete(outbox, []byte(id)); err != nil {
		return err
	}
	if err := t.countMessages(old.State, -1); err != nil {
		return err
	}
	return t.reindex(outboxIndex, messageEntries(old), nil)
}

func (t *tx) countMessages(s directory.MessageState, by int) error {
	key := append([]byte("n"), s...)
	n := count(t.get(outboxIndex, key)) + by
	return t.put(outboxIndex, key, binary.BigEndian.AppendUint64(nil, uint64(max(n, 0))))
}

func (t *tx) MessageCounts() (counts map[directory.MessageState]int, err error) {
	defer t.guard(&err)
	counts = map[directory.MessageState]int{}
	for state, raw := range t.scan(outboxIndex, []byte("n"), nil) {
		if n := count(raw); n > 0 {
			counts[directory.MessageState(state)] = n
		}
	}
	return counts, nil
}

func messageEntries(m directory.Message) []entry {
	place := placedAt(m.Created, m.ID)
	at := func(prefix []byte) entry { return entry{append(prefix, place...), nil} }
	entries := []entry{at([]byte("a")), at(indexKey('s', string(m.State))), at(indexKey('u', directory.Fold(m.UserID)))}
	if m.KeyID != "" {
		entries = append(entries, at(indexKey('k', m.KeyID)))
	}
	if m.State == directory.Queued {
		entries = append(entries, at(indexKey('q', directory.Fold(m.UserID))), at(append([]byte("d"), placeAt(instantOf(ripe(m)))...)))
	}
	return entries
}
