package bolt

import (
	"bytes"
	"encoding/binary"
	"errors"
	"slices"

	"tapstation/app/directory"
)

// document is what the index knows of a user: all that an order or a search looks at, so that neither has to read the
// record. Its bytes are not copied out of where they are kept.
type document struct {
	id      []byte // the key in users
	name    []byte // the place in each order, see directory.UserSort
	email   []byte
	created []byte // 8 bytes
	text    []byte // the words, each after a NUL; only while loose (see segment)
}

// errDocument is the panic at a document that makes no sense; guard makes it directory.ErrDamaged.
var errDocument = errors.New("an index entry of a user makes no sense")

// documentOf is the document of the user kept under key, encoded.
func documentOf(key []byte, u directory.User) []byte {
	words := u.SearchWords()
	slices.Sort(words)
	var raw []byte
	for _, part := range []string{string(key), directory.Fold(u.DisplayName()), directory.Fold(u.Email)} {
		raw = binary.AppendUvarint(raw, uint64(len(part)))
		raw = append(raw, part...)
	}
	const sign = 1 << 63 // so that times before year 1 come first
	raw = binary.BigEndian.AppendUint64(raw, uint64(instantOf(u.Created))^sign)
	for _, w := range words {
		raw = append(append(raw, 0), w...)
	}
	return raw
}

func parseDocument(raw []byte) (d document) {
	for _, part := range []*[]byte{&d.id, &d.name, &d.email} {
		n, size := binary.Uvarint(raw)
		if size <= 0 || n > uint64(len(raw)-size) {
			panic(errDocument)
		}
		*part, raw = raw[size:size+int(n)], raw[size+int(n):]
	}
	if len(d.id) == 0 || len(raw) < 8 {
		panic(errDocument)
	}
	d.created, d.text = raw[:8], raw[8:]
	return d
}

// copied is the document without its words, for when the place it lies in is not to be looked at again.
func (d document) copied() document {
	all := slices.Concat(d.id, d.name, d.email, d.created)
	take := func(n int) (part []byte) {
		part, all = all[:n:n], all[n:]
		return part
	}
	return document{id: take(len(d.id)), name: take(len(d.name)), email: take(len(d.email)), created: take(len(d.created))}
}

// words are the words of a loose document, in their order.
func (d document) words() [][]byte {
	if len(d.text) == 0 {
		return nil
	}
	return bytes.Split(d.text[1:], []byte{0})
}

// has tells whether a word of a loose document begins with w, which has a NUL before it.
func (d document) has(w []byte) bool { return bytes.Contains(d.text, w) }

// order is the number of a directory.UserSort.
type order int

const (
	byID order = iota
	byName
	byEmail
	byCreated
	orders
)

func orderOf(s directory.UserSort) order {
	switch s {
	case directory.ByName:
		return byName
	case directory.ByEmail:
		return byEmail
	case directory.ByCreated:
		return byCreated
	}
	return byID
}

// place is where a document stands in an order, before its ID.
func (d document) place(o order) []byte {
	switch o {
	case byName:
		return d.name
	case byEmail:
		return d.email
	case byCreated:
		return d.created
	}
	return nil
}

// compare tells which of two documents comes first. No two are equal.
func (o order) compare(a, b document) int {
	if c := bytes.Compare(a.place(o), b.place(o)); c != 0 {
		return c
	}
	return bytes.Compare(a.id, b.id)
}

// queryWords are the words that a query asks for, each after a NUL, the longest first: those are the likeliest to be rare.
func queryWords(text string) [][]byte {
	all := directory.Words(text)
	slices.SortStableFunc(all, func(a, b string) int { return len(b) - len(a) })
	words := make([][]byte, len(all))
	for i, w := range all {
		words[i] = []byte("\x00" + w)
	}
	return words
}
