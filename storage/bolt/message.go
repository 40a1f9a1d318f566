package bolt

import (
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
//	              d TIME PLACE            the first queued of each user, and every one of nobody, by when it is due and
//	                                      leased by nobody: what is behind another is not looked at, however much there is
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
	case q.UserID != "" && q.State == directory.Queued:
		prefix = indexKey('q', directory.Fold(q.UserID))
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
		if !q.MadeBefore.IsZero() && !m.Created.Before(q.MadeBefore) {
			if !q.Desc {
				break // all others were made later
			}
			continue
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
		m, err := t.messageAt(rest[min(placeTime, len(rest)):])
		if err != nil {
			return nil, next, err
		}
		if at := ripe(m); at.After(now) || len(due) == limit {
			return due, at, nil
		}
		due = append(due, m)
	}
	return due, next, nil
}

// firstQueued is the index entry of the message that is the next to be sent to a user; none where nothing is queued.
func (t *tx) firstQueued(user string) ([]entry, error) {
	for place := range t.scan(outboxIndex, indexKey('q', user), nil) {
		m, err := t.messageAt(place)
		return []entry{dueEntry(m)}, err
	}
	return nil, nil
}

// firstsQueued are those of the users that two states of a message are for. Of a message for nobody, see messageEntries.
func (t *tx) firstsQueued(old, m directory.Message) (entries []entry, err error) {
	was, is := directory.Fold(old.UserID), directory.Fold(m.UserID)
	if is != "" {
		if entries, err = t.firstQueued(is); err != nil {
			return nil, err
		}
	}
	if was != "" && was != is {
		more, err := t.firstQueued(was)
		return append(entries, more...), err
	}
	return entries, nil
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
	if !isID(m.ID) || m.KeyID != "" && !isID(m.KeyID) || !isID(string(m.State)) {
		return fmt.Errorf("message %.64q of key %.64q, state %.64q: %w", m.ID, m.KeyID, m.State, errName)
	}
	if m.UserID != "" {
		if _, err := name(m.UserID); err != nil {
			return fmt.Errorf("user ID: %w", err)
		}
	}
	old, err := t.message([]byte(m.ID))
	known := !errors.Is(err, directory.ErrNotFound)
	if known && err != nil {
		return err
	}
	firsts, err := t.firstsQueued(old, m)
	if err != nil {
		return err
	}
	if err := keep(t, outbox, []byte(m.ID), keepMessage(m)); err != nil {
		return fmt.Errorf("keep message %q: %w", m.ID, err)
	}
	var before []entry
	if known {
		before = messageEntries(old)
	}
	if old.State != m.State {
		if known {
			if err := t.countMessages(old.State, -1); err != nil {
				return err
			}
		}
		if err := t.countMessages(m.State, 1); err != nil {
			return err
		}
	}
	if err := t.reindex(outboxIndex, before, messageEntries(m)); err != nil {
		return err
	}
	return t.requeue(firsts, old, m)
}

func (t *tx) DeleteMessage(id string) (err error) {
	defer t.guard(&err)
	old, err := t.message([]byte(id))
	if err != nil {
		return err
	}
	firsts, err := t.firstsQueued(old, old)
	if err != nil {
		return err
	}
	if err := errors.Join(t.delete(outbox, []byte(id)), t.countMessages(old.State, -1),
		t.reindex(outboxIndex, messageEntries(old), nil)); err != nil {
		return err
	}
	return t.requeue(firsts, old, old)
}

// requeue puts in the place of the entries of those that were the next to be sent the entries of those that are.
func (t *tx) requeue(firsts []entry, old, m directory.Message) error {
	now, err := t.firstsQueued(old, m)
	if err != nil {
		return err
	}
	return t.reindex(outboxIndex, firsts, now)
}

func (t *tx) countMessages(s directory.MessageState, by int) error {
	key := countKey(s)
	n := count(t.get(outboxIndex, key)) + by
	switch {
	case n < 0:
		return fmt.Errorf("%w: a message that is %s was not counted", directory.ErrDamaged, s)
	case n == 0:
		return t.delete(outboxIndex, key)
	}
	return t.put(outboxIndex, key, countOf(n))
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
	switch {
	case m.State != directory.Queued:
	case m.UserID == "":
		entries = append(entries, dueEntry(m)) // waits for no other
	default:
		entries = append(entries, at(indexKey('q', directory.Fold(m.UserID))))
	}
	return entries
}

func dueEntry(m directory.Message) entry {
	key := append([]byte("d"), placeAt(instantOf(ripe(m)))...)
	return entry{append(key, placedAt(m.Created, m.ID)...), nil}
}

func countKey(s directory.MessageState) []byte { return append([]byte("n"), s...) }

func countOf(n int) []byte { return binary.BigEndian.AppendUint64(nil, uint64(n)) }

// count is the number that countOf keeps; 0 where none is.
func count(raw []byte) int {
	if len(raw) != 8 {
		return 0
	}
	return int(binary.BigEndian.Uint64(raw))
}
