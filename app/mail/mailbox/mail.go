package mailbox

import (
	"bytes"
	"encoding/base64"
	"errors"
	"io"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/emersion/go-message"
	"github.com/emersion/go-message/mail"
)

// Mail is a message that arrived, and what could be read of it.
type Mail struct {
	Number       int // counts from 1, as they arrive
	Arrived      time.Time
	EnvelopeFrom string
	EnvelopeTo   []string
	Raw          []byte

	From      string // for people: name and address
	To        string
	Subject   string
	Date      time.Time
	MessageID string
	Text      string            // of the first text part; empty where there is none
	HTML      string            // likewise
	Parts     []Part            // in their order, the whole message first
	pictures  map[string]string // by Content-ID, as addresses that hold them
	// Broken is why not all of it could be read; nil: all was.
	Broken error
}

// Part is a part of a message as it was sent.
type Part struct {
	Depth int
	Type  string // "text/html"
	Name  string // of a file, or its Content-ID
	Size  int    // in bytes, decoded; of a multipart that of nothing
}

const (
	maxParts = 50
	maxDepth = 8
)

// read reads a message. What cannot be read is left out, and Broken says so.
func read(raw []byte) Mail {
	m := Mail{Raw: raw}
	e, err := message.Read(bytes.NewReader(raw))
	if e == nil {
		m.Broken = err
		return m
	}
	m.note(err)
	h := mail.Header{Header: e.Header}
	m.Subject, err = h.Subject()
	m.note(err)
	m.Date, err = h.Date()
	m.note(err)
	m.MessageID, err = h.MessageID()
	m.note(err)
	m.From, m.To = m.people(h, "From"), m.people(h, "To")
	m.parts(e, 0)
	return m
}

// note keeps the first thing that was wrong.
func (m *Mail) note(err error) {
	if m.Broken == nil {
		m.Broken = err
	}
}

// people are the addresses of a header field, with the names of those that have one.
func (m *Mail) people(h mail.Header, field string) string {
	all, err := h.AddressList(field)
	m.note(err)
	words := make([]string, len(all))
	for i, a := range all {
		words[i] = a.Address
		if a.Name != "" {
			words[i] = a.Name + " <" + a.Address + ">"
		}
	}
	return strings.Join(words, ", ")
}

var errStructure = errors.New("the message has more parts than a mail should")

// parts reads a part and those in it.
func (m *Mail) parts(e *message.Entity, depth int) {
	if depth > maxDepth || len(m.Parts) == maxParts {
		m.note(errStructure)
		return
	}
	kind, _, err := e.Header.ContentType()
	if err != nil {
		kind = "application/octet-stream"
		m.note(err)
	}
	at := len(m.Parts)
	m.Parts = append(m.Parts, Part{Depth: depth, Type: kind, Name: partName(e.Header)})
	if inner := e.MultipartReader(); inner != nil {
		for {
			next, err := inner.NextPart()
			if errors.Is(err, io.EOF) {
				return
			}
			if next == nil {
				m.note(err)
				return
			}
			m.note(err)
			if m.parts(next, depth+1); len(m.Parts) == maxParts {
				m.note(errStructure)
				return
			}
		}
	}
	body, err := io.ReadAll(e.Body)
	m.note(err)
	m.Parts[at].Size = len(body)
	words := strings.ReplaceAll(strings.ToValidUTF8(string(body), "\uFFFD"), "\r\n", "\n")
	switch {
	case kind == "text/plain" && m.Text == "":
		m.Text = words
	case kind == "text/html" && m.HTML == "":
		m.HTML = words
	case strings.HasPrefix(kind, "image/") && e.Header.Get("Content-Id") != "":
		if m.pictures == nil {
			m.pictures = map[string]string{}
		}
		m.pictures[strings.Trim(e.Header.Get("Content-Id"), "<>")] = "data:" + kind + ";base64," + base64.StdEncoding.EncodeToString(body)
	}
}

// Page is the HTML as a page that stands alone, with the pictures that go with the message (RFC 2392) in it.
func (m Mail) Page() string {
	page := m.HTML
	for id, address := range m.pictures {
		page = strings.ReplaceAll(page, "cid:"+id, address)
	}
	return page
}

func partName(h message.Header) string {
	if _, params, err := h.ContentDisposition(); err == nil && params["filename"] != "" {
		return params["filename"]
	}
	return strings.Trim(h.Get("Content-Id"), "<>")
}

// link is what a person would click in a text. What ends a sentence is no part of it.
var link = regexp.MustCompile(`https?://[^\s<>"]*[^\s<>".,;:!?)\]]`)

// Links are the links in the text, each once, in their order.
func (m Mail) Links() (all []string) {
	for _, l := range link.FindAllString(m.Text, -1) {
		if !slices.Contains(all, l) {
			all = append(all, l)
		}
	}
	return all
}
