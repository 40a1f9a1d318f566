package mail_test

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"tapstation/app/activation"
	"tapstation/app/directory"
	"tapstation/app/mail"
	"tapstation/storage/bolt"
	"tapstation/storage/seal"
)

const by = "os:test"

var begin = time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC)

func itoa(n int) string { return strconv.Itoa(n) }

// quick is how long a test waits for what does not come.
const quick = 300 * time.Millisecond

// office is a data folder whose workspace can mail, and a clock that stands until it is moved.
type office struct {
	t       testing.TB
	dir     *directory.Directory
	tickets *activation.Tickets
	box     *mail.Outbox

	mu   sync.Mutex
	time time.Time
}

func newOffice(t testing.TB, port int) *office {
	t.Helper()
	o := openOffice(t, t.TempDir())
	o.setUp(port)
	return o
}

// setUp has mail leave for a server on this machine.
func (o *office) setUp(port int) {
	o.t.Helper()
	o.workspace(func(w *directory.Workspace) {
		w.Name, w.RPID = "Example GmbH", "example.org"
		w.Mail = directory.MailSettings{Host: "127.0.0.1", Port: port, Security: directory.Plain, From: "keys@example.org", Hello: "station.example.org"}
		w.Portal.URL = "https://keys.example.org"
	})
}

// openOffice is a program that has just started on a data folder.
func openOffice(t testing.TB, folder string) *office {
	t.Helper()
	o := &office{t: t, time: begin}
	store := bolt.New(filepath.Join(folder, bolt.Name))
	t.Cleanup(func() {
		if err := errors.Join(store.Check(context.Background()), store.Close()); err != nil {
			t.Errorf("the store after the test: %v", err)
		}
	})
	box := seal.New(folder, seal.Options{FileOnly: true})
	o.dir = &directory.Directory{Store: store, Now: o.now, Seal: box}
	o.tickets = &activation.Tickets{Directory: o.dir, Seal: box}
	o.box = &mail.Outbox{Directory: o.dir, Tickets: o.tickets, Handover: &inMemory{}}
	return o
}

func (o *office) now() time.Time {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.time
}

func (o *office) later(d time.Duration) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.time = o.time.Add(d)
}

func (o *office) must(err error) {
	o.t.Helper()
	if err != nil {
		o.t.Fatal(err)
	}
}

func (o *office) update(do func(directory.Tx) error) {
	o.t.Helper()
	o.must(o.dir.Store.Update(o.t.Context(), do))
}

func (o *office) workspace(change func(*directory.Workspace)) {
	o.t.Helper()
	o.update(func(tx directory.Tx) error {
		w, err := tx.Workspace()
		if err != nil {
			return err
		}
		change(&w)
		return tx.PutWorkspace(w)
	})
}

// users adds so many users, u0000 and so on, and queues a mail for each.
func (o *office) users(n int) {
	o.t.Helper()
	var ids []string
	o.update(func(tx directory.Tx) error {
		for i := range n {
			id := fmt.Sprintf("u%04d", i)
			ids = append(ids, id)
			u := directory.User{ID: id, FirstName: "User", LastName: itoa(i), Email: id + "@example.com", Handle: []byte("handle of " + id), Created: begin}
			if err := tx.PutUser(u); err != nil {
				return err
			}
		}
		return nil
	})
	report, err := o.tickets.AssignAll(o.t.Context(), activation.BulkAssignment{Actor: by, Users: activation.Users(ids)}, nil)
	if err != nil || report.Assigned != n {
		o.t.Fatalf("%+v, %v: want %d mails queued", report, err, n)
	}
}

// assign queues another mail for a user.
func (o *office) assign(userID string) {
	o.t.Helper()
	_, err := o.tickets.Assign(o.t.Context(), activation.Assignment{UserID: userID, Actor: by})
	o.must(err)
}

func (o *office) messages() []directory.Message {
	o.t.Helper()
	page, err := o.box.List(o.t.Context(), by, directory.MessageQuery{Limit: 1000})
	o.must(err)
	return page.Messages
}

// first is the message that was made first.
func (o *office) first() directory.Message {
	o.t.Helper()
	all := o.messages()
	if len(all) == 0 {
		o.t.Fatal("there is no message")
	}
	return all[0]
}

// deliver makes one attempt at all that is due.
func (o *office) deliver() mail.Report {
	o.t.Helper()
	r, err := o.box.Deliver(o.t.Context())
	o.must(err)
	return r
}

// counts wants the states of messages to be so.
func (o *office) counts(want map[directory.MessageState]int) {
	o.t.Helper()
	got, err := o.box.Counts(o.t.Context())
	o.must(err)
	if fmt.Sprint(got) != fmt.Sprint(want) {
		var answers []string
		for _, m := range o.messages() {
			answers = append(answers, fmt.Sprintf("%s %s %q", m.UserID, m.State, m.Answer))
		}
		o.t.Errorf("messages are %v, want %v:\n%s", got, want, strings.Join(answers[:min(5, len(answers))], "\n"))
	}
}

// inMemory is a journal that ends with its test.
type inMemory struct {
	mu   sync.Mutex
	left map[string]mail.Handed
	fail error
}

func (j *inMemory) Open() (string, []mail.Handed, error) {
	j.mu.Lock()
	defer j.mu.Unlock()
	var left []mail.Handed
	for _, h := range j.left {
		left = append(left, h)
	}
	return "this station", left, nil
}

func (j *inMemory) Begin(id string) error { return j.note(mail.Handed{MessageID: id}) }

func (j *inMemory) Answer(id string, code int, answer string) error {
	return j.note(mail.Handed{MessageID: id, Code: code, Answer: answer})
}

func (j *inMemory) note(h mail.Handed) error {
	j.mu.Lock()
	defer j.mu.Unlock()
	if j.fail != nil {
		return j.fail
	}
	if j.left == nil {
		j.left = map[string]mail.Handed{}
	}
	j.left[h.MessageID] = h
	return nil
}

func (j *inMemory) Forget(ids []string) error {
	j.mu.Lock()
	defer j.mu.Unlock()
	for _, id := range ids {
		delete(j.left, id)
	}
	return nil
}

func (j *inMemory) Close() error { return nil }

// ticket changes the ticket of a message.
func (o *office) ticket(m directory.Message, change func(*directory.Ticket)) {
	o.t.Helper()
	o.update(func(tx directory.Tx) error {
		t, err := tx.Ticket(m.TicketID)
		if err != nil {
			return err
		}
		change(&t)
		return tx.PutTicket(t)
	})
}

// opening is what opens the ticket of a message.
func (o *office) opening(m directory.Message) (opening activation.Opening, err error) {
	err = o.dir.Store.View(o.t.Context(), func(tx directory.Tx) (err error) {
		opening, err = o.tickets.Opening(tx, m.TicketID)
		return err
	})
	return opening, err
}
