package bolt

import (
	"bytes"
	"errors"
	"fmt"
	"strings"
	"time"

	"tapstation/app/directory"
	"tapstation/storage/boltfile"
)

// Tickets are found by an index:
//
//	ticket_index  l SHA-256(link's token) → ticket ID
//	              h handle → ticket ID
//	              u User ID NUL EXPIRY ID      EXPIRY is when it expires, so that its tickets are in that order
//	              k key ID NUL EXPIRY ID
//	              e EXPIRY ID
type ticketRecord struct {
	ID          string  `cbor:"1,keyasint"`
	Purpose     string  `cbor:"2,keyasint,omitempty"`
	UserID      string  `cbor:"3,keyasint,omitempty"`
	KeyID       string  `cbor:"4,keyasint,omitempty"`
	Email       string  `cbor:"5,keyasint,omitempty"`
	State       string  `cbor:"6,keyasint,omitempty"`
	Link        []byte  `cbor:"7,keyasint,omitempty"`
	Handle      []byte  `cbor:"8,keyasint,omitempty"`
	Code        []byte  `cbor:"9,keyasint,omitempty"`
	Serial      int     `cbor:"10,keyasint,omitempty"`
	WrongCodes  int     `cbor:"11,keyasint,omitempty"`
	Created     instant `cbor:"12,keyasint,omitempty"`
	Expires     instant `cbor:"13,keyasint,omitempty"`
	CodeExpires instant `cbor:"14,keyasint,omitempty"`
	Shown       instant `cbor:"15,keyasint,omitempty"`
	Closed      instant `cbor:"16,keyasint,omitempty"`
}

func keepTicket(t directory.Ticket) ticketRecord {
	return ticketRecord{t.ID, string(t.Purpose), t.UserID, t.KeyID, t.Email, string(t.State), t.Link, t.Handle, t.Code, t.Serial,
		t.WrongCodes, instantOf(t.Created), instantOf(t.Expires), instantOf(t.CodeExpires), instantOf(t.Shown), instantOf(t.Closed)}
}

func (r ticketRecord) ticket() directory.Ticket {
	return directory.Ticket{ID: r.ID, Purpose: directory.Purpose(r.Purpose), UserID: r.UserID, KeyID: r.KeyID, Email: r.Email,
		State: directory.TicketState(r.State), Link: r.Link, Handle: r.Handle, Code: r.Code, Serial: r.Serial,
		WrongCodes: r.WrongCodes, Created: r.Created.Time(), Expires: r.Expires.Time(), CodeExpires: r.CodeExpires.Time(),
		Shown: r.Shown.Time(), Closed: r.Closed.Time()}
}

func (t *tx) Ticket(id string) (k directory.Ticket, err error) {
	defer t.guard(&err)
	return t.ticket([]byte(id))
}

func (t *tx) ticket(id []byte) (directory.Ticket, error) {
	if len(id) == 0 {
		return directory.Ticket{}, directory.ErrNotFound
	}
	r, err := record[ticketRecord](t, tickets, id)
	return r.ticket(), err
}

func (t *tx) TicketByLink(hash []byte) (k directory.Ticket, err error) {
	defer t.guard(&err)
	return t.ticketAt('l', hash)
}

func (t *tx) TicketByHandle(handle []byte) (k directory.Ticket, err error) {
	defer t.guard(&err)
	return t.ticketAt('h', handle)
}

func (t *tx) ticketAt(kind byte, hash []byte) (directory.Ticket, error) {
	if len(hash) == 0 {
		return directory.Ticket{}, directory.ErrNotFound
	}
	id := t.get(ticketIndex, append([]byte{kind}, hash...))
	if id == nil {
		return directory.Ticket{}, directory.ErrNotFound
	}
	k, err := t.ticket(bytes.Clone(id))
	return k, damagedIndex(err)
}

var errTicketQuery = errors.New("tickets are asked for by user, by key or by expiry")

func (t *tx) Tickets(q directory.TicketQuery) (found []directory.Ticket, err error) {
	defer t.guard(&err)
	var prefix []byte
	switch {
	case q.KeyID != "":
		prefix = indexKey('k', q.KeyID)
	case q.UserID != "":
		prefix = indexKey('u', directory.Fold(q.UserID))
	case !q.ExpiresBefore.IsZero():
		prefix = []byte("e")
	default:
		return nil, errTicketQuery
	}
	limit := pageLimit(q.Limit, 100, 1000)
	for place := range t.scan(ticketIndex, prefix, nil) {
		if err := t.alive(); err != nil {
			return nil, err
		}
		if len(place) <= placeTime {
			return nil, fmt.Errorf("%w: a ticket has no place", directory.ErrDamaged)
		}
		if !q.ExpiresBefore.IsZero() && bytes.Compare(place[:placeTime], placeAt(instantOf(q.ExpiresBefore))) >= 0 {
			break
		}
		k, err := t.ticket(place[placeTime:])
		if err != nil {
			return nil, damagedIndex(err)
		}
		if (q.UserID == "" || directory.Fold(k.UserID) == directory.Fold(q.UserID)) && (q.Purpose == "" || k.Purpose == q.Purpose) &&
			(q.State == "" || k.State == q.State) {
			if found = append(found, k); len(found) == limit {
				break
			}
		}
	}
	return found, nil
}

func (t *tx) PutTicket(k directory.Ticket) (err error) {
	defer t.guard(&err)
	if !isID(k.ID) || k.KeyID != "" && !isID(k.KeyID) {
		return fmt.Errorf("ticket %.64q of key %.64q: %w", k.ID, k.KeyID, errName)
	}
	if len(k.Link) > maxName || len(k.Handle) > maxName {
		return fmt.Errorf("ticket %q: %w", k.ID, boltfile.ErrTooLarge)
	}
	if _, err := name(k.UserID); err != nil {
		return fmt.Errorf("user ID: %w", err)
	}
	for _, e := range uniqueTicketEntries(k) {
		if owner := t.get(ticketIndex, e.key); owner != nil && string(owner) != k.ID {
			return fmt.Errorf("ticket %q: %w", k.ID, directory.ErrExists)
		}
	}
	var before []entry
	old, err := t.ticket([]byte(k.ID))
	switch {
	case err == nil:
		before = ticketEntries(old)
	case !errors.Is(err, directory.ErrNotFound):
		return err
	}
	if err := keep(t, tickets, []byte(k.ID), keepTicket(k)); err != nil {
		return fmt.Errorf("keep ticket %q: %w", k.ID, err)
	}
	return t.reindex(ticketIndex, before, ticketEntries(k))
}

func (t *tx) DeleteTicket(id string) (err error) {
	defer t.guard(&err)
	old, err := t.ticket([]byte(id))
	if err != nil {
		return err
	}
	if err := t.delete(tickets, []byte(id)); err != nil {
		return err
	}
	return t.reindex(ticketIndex, ticketEntries(old), nil)
}

// uniqueTicketEntries are those index entries that no other ticket may have.
func uniqueTicketEntries(k directory.Ticket) (entries []entry) {
	if len(k.Link) > 0 {
		entries = append(entries, entry{append([]byte("l"), k.Link...), []byte(k.ID)})
	}
	if len(k.Handle) > 0 {
		entries = append(entries, entry{append([]byte("h"), k.Handle...), []byte(k.ID)})
	}
	return entries
}

func ticketEntries(k directory.Ticket) []entry {
	place := placedAt(k.Expires, k.ID)
	at := func(prefix []byte) entry { return entry{append(prefix, place...), nil} }
	entries := append(uniqueTicketEntries(k), at([]byte("e")), at(indexKey('u', directory.Fold(k.UserID))))
	if k.KeyID != "" {
		entries = append(entries, at(indexKey('k', k.KeyID)))
	}
	return entries
}

// isID tells what can be an ID in an index, where a NUL may be behind it.
func isID(id string) bool { return id != "" && len(id) <= maxName && strings.IndexByte(id, 0) < 0 }

// indexKey begins the index entries of a kind for what has this name.
func indexKey(kind byte, name string) []byte { return append(append([]byte{kind}, name...), 0) }

// placedAt is the place of an ID in the order of a time.
func placedAt(at time.Time, id string) []byte { return append(placeAt(instantOf(at)), id...) }
