package bolt

import (
	"bytes"
	"errors"
	"reflect"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"tapstation/app/audit"
	"tapstation/app/directory"
	"tapstation/storage/boltfile"
)

var at = time.Date(2026, 3, 1, 9, 30, 0, 123456000, time.UTC)

var fullKey = directory.SecurityKey{
	ID: "id", UserID: "user", Name: "name", Kind: directory.Fingerprint, State: directory.Disabled, Verification: directory.PINless,
	OfflineLogin: true, RPID: "rp", Model: "model", TemporaryPIN: true, SealedPIN: []byte("sealed"), NextPIN: []byte("next"), CardPIN: true,
	Credential: directory.Credential{ID: []byte("c"), PublicKey: []byte("p"), SignCount: 1 << 31, AAGUID: [16]byte{1}, Attestation: "packed"},
	Mark:       directory.CardMark{ATR: []byte("atr"), UID: []byte("uid"), AAGUID: [16]byte{2}},
	Created:    at, Activated: at.Add(1 * time.Hour), LastUsed: at.Add(2 * time.Hour), Changed: at.Add(3 * time.Hour),
}

var fullTicket = directory.Ticket{
	ID: "ticket", Purpose: directory.SetPIN, UserID: "ada", KeyID: "id", Email: "e", State: directory.Open, Link: []byte("link"), Handle: []byte("handle"),
	Code: []byte("code"), Serial: 1, WrongCodes: 2, Created: at, Expires: at.Add(time.Minute), CodeExpires: at.Add(time.Hour), Shown: at.Add(time.Second), Closed: at,
}

var fullMessage = directory.Message{
	ID: "message", Kind: directory.PINMail, UserID: "ada", KeyID: "id", TicketID: "ticket", To: "t", MessageID: "m", State: directory.Queued, Attempts: 1,
	Due: at, LeasedBy: "l", LeasedUntil: at.Add(time.Second), Answer: "a", Created: at, Tried: at.Add(time.Hour), Done: at,
}

// FuzzRecord decodes what a damaged file may hold as a record of every kind. What is taken must come out the same when
// it is written and read again.
func FuzzRecord(f *testing.F) {
	for _, r := range []any{
		keepUser(directory.User{ID: "a", Groups: []string{"g"}, Handle: []byte("h"), Created: at}),
		keepGroup(directory.Group{Name: "g"}),
		keepKey(fullKey),
		keepWorkspace(directory.DefaultWorkspace()),
		keepEnrollment(directory.Enrollment{UserID: "a", Replaces: []string{"k"}, Credential: fullKey.Credential, Mark: fullKey.Mark}),
		keepEntry(audit.Entry{Seq: 1, Time: at, Detail: map[string]string{"a": "b"}}),
		headRecord{Seq: 1, Hash: []byte("h")},
		keepTicket(fullTicket),
		keepMessage(fullMessage),
		keepMailTemplate(directory.MailTemplate{Kind: directory.PINMail, Language: "de", Subject: "s", Body: "b", Changed: at}),
		keepImport(directory.Import{ID: "1f", Actor: "os:ada", KeptUsers: []string{"a"}, Started: at}),
		keepStep(directory.ImportStep{UserID: "a", Handle: []byte("h"), Before: &directory.User{ID: "a"}, After: &directory.User{ID: "a", Groups: []string{"g"}}, Stamp: at}),
	} {
		raw, err := boltfile.Encode(r)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(raw)
	}
	f.Fuzz(func(t *testing.T, raw []byte) {
		again(t, raw, userRecord.user, keepUser)
		again(t, raw, groupRecord.group, keepGroup)
		again(t, raw, keyRecord.key, keepKey)
		again(t, raw, workspaceRecord.workspace, keepWorkspace)
		again(t, raw, adminRecord.admin, keepAdmin)
		again(t, raw, enrollmentRecord.enrollment, keepEnrollment)
		again(t, raw, auditRecord.entry, keepEntry)
		again(t, raw, importRecord.imported, keepImport)
		again(t, raw, ticketRecord.ticket, keepTicket)
		again(t, raw, messageRecord.message, keepMessage)
		again(t, raw, mailTemplateRecord.template, keepMailTemplate)
		again(t, raw, stepRecord.step, keepStep)
		again(t, raw, func(r headRecord) audit.Head { return audit.Head(r) }, func(h audit.Head) headRecord { return headRecord(h) })
	})
}

func again[R, D any](t *testing.T, raw []byte, from func(R) D, to func(D) R) {
	r, err := boltfile.Decode[R](raw)
	if err != nil {
		if !errors.Is(err, directory.ErrDamaged) {
			t.Errorf("%T from %x: %v, want ErrDamaged", r, raw, err)
		}
		return
	}
	first, err := boltfile.Encode(to(from(r)))
	if err != nil {
		t.Fatalf("%T from %x cannot be written again: %v", r, raw, err)
	}
	r, err = boltfile.Decode[R](first)
	if err != nil {
		t.Fatalf("%T written as %x cannot be read: %v", r, first, err)
	}
	second, err := boltfile.Encode(to(from(r)))
	if err != nil || !bytes.Equal(first, second) {
		t.Fatalf("%T is written as %x and then as %x (%v)", r, first, second, err)
	}
}

func TestRecordsComeBackWhole(t *testing.T) {
	whole(t, fullKey, keepKey, keyRecord.key)
	whole(t, directory.User{ID: "a", UserName: "b", FirstName: "c", LastName: "d", Email: "e", Groups: []string{"f"}, Handle: []byte("g"),
		Disabled: true, Created: at, Changed: at.Add(time.Second), Language: "h"}, keepUser, userRecord.user)
	whole(t, directory.Group{Name: "a", Description: "b", Created: at, Was: "f",
		Defaults: directory.KeyDefaults{Verification: "c", OfflineLogin: "d", PINChooser: "e"}}, keepGroup, groupRecord.group)
	whole(t, directory.Workspace{Name: "a", RPID: "b", RPName: "c", Verification: "d", OfflineLogin: true, PINChooser: "e",
		PINPolicy:  directory.PINPolicy{MinLength: 1, MaxLength: 2, Digit: true, Lower: true, Upper: true, Special: true},
		DriverLink: "f", Language: "g", Changed: at, Logo: []byte("h"), Appearance: "i", LockAfter: 1, RequirePIN: true, Attestation: "j",
		AllowedAAGUIDs: [][16]byte{{1}}, DeniedAAGUIDs: [][16]byte{{2}}, OfflineLogins: 3, OfflineDays: 4,
		Mail: directory.MailSettings{Host: "k", Port: 5, Security: "l", AllowPlain: true, Auth: "m", User: "n", CA: []byte("o"), Hello: "p",
			From: "q", FromName: "r", ReplyTo: "s", DKIMDomain: "t", DKIMSelector: "u"},
		Portal:   directory.PortalSettings{URL: "v", Listen: "w", Certificate: "x", Key: "y"},
		LinkDays: 6, CodeHours: 7}, keepWorkspace, workspaceRecord.workspace)
	whole(t, directory.Enrollment{UserID: "a", KeyID: "b", KeyName: "c", Verification: "d", OfflineLogin: true, PINChooser: "e",
		Replaces: []string{"f"}, Stage: "g", Mark: fullKey.Mark, SealedPIN: []byte("h"), PINMade: true, Credential: fullKey.Credential,
		Started: at, Changed: at.Add(time.Second), OldPIN: []byte("i")}, keepEnrollment, enrollmentRecord.enrollment)
	whole(t, directory.Admin{UserID: "a", Role: "b", Password: "c", Failures: 1, Attempted: at, Locked: true, LastLogin: at.Add(time.Hour),
		Created: at, Changed: at}, keepAdmin, adminRecord.admin)
	whole(t, fullTicket, keepTicket, ticketRecord.ticket)
	whole(t, fullMessage, keepMessage, messageRecord.message)
	whole(t, directory.MailTemplate{Kind: "a", Language: "b", Subject: "c", Body: "d", Changed: at}, keepMailTemplate, mailTemplateRecord.template)
	whole(t, audit.Entry{Seq: 1 << 60, Time: at, Actor: "a", Act: "b", User: "c", Key: "d", Detail: map[string]string{"e": "f"},
		Prev: []byte("g"), Hash: []byte("h")}, keepEntry, auditRecord.entry)
}

func TestTimesComeBack(t *testing.T) {
	for _, at := range []time.Time{{}, time.Unix(0, 0).UTC(), time.Date(-1, 1, 1, 0, 0, 0, 0, time.UTC), at} {
		if got := instantOf(at).Time(); got != at {
			t.Errorf("%v comes back as %v", at, got)
		}
	}
	if got, want := instantOf(at.In(time.FixedZone("", 3600)).Add(999)).Time(), at; got != want {
		t.Errorf("got %v, want %v: UTC, cut to the microsecond", got, want)
	}
}

// whole writes and reads d, which must have every member set, so that one that is forgotten on the way shows.
func whole[R, D any](t *testing.T, d D, to func(D) R, from func(R) D) {
	t.Helper()
	for i, v := 0, reflect.ValueOf(d); i < v.NumField(); i++ {
		if v.Field(i).IsZero() {
			t.Errorf("%T.%s is not set: the test must set it", d, v.Type().Field(i).Name)
		}
	}
	raw, err := boltfile.Encode(to(d))
	if err != nil {
		t.Fatalf("%T: %v", d, err)
	}
	r, err := boltfile.Decode[R](raw)
	if err != nil {
		t.Fatalf("%T: %v", d, err)
	}
	if diff := cmp.Diff(d, from(r)); diff != "" {
		t.Errorf("%T differs (-put +read):\n%s", d, diff)
	}
}

func TestUnknownFieldIsRefusedAndNotLost(t *testing.T) {
	type later struct {
		Name string `cbor:"1,keyasint"`
		New  string `cbor:"99,keyasint"`
	}
	raw, err := boltfile.Encode(later{"staff", "new"})
	if err != nil {
		t.Fatal(err)
	}
	if g, err := boltfile.Decode[groupRecord](raw); !errors.Is(err, directory.ErrDamaged) {
		t.Errorf("Decode = %+v, %v, want ErrDamaged", g, err)
	}
}

// TestCheckFindsWhatDoesNotFit changes one thing behind the store's back at a time.
func TestCheckFindsWhatDoesNotFit(t *testing.T) {
	for name, c := range map[string]struct {
		spoil func(*tx) error
		want  error
	}{
		"nothing": {func(*tx) error { return nil }, nil},
		"a word is not indexed": {func(t *tx) error {
			return t.respell(func(raw []byte) []byte { return bytes.Replace(raw, []byte("\x00byron"), nil, 1) })
		}, directory.ErrDamaged},
		"a word too many": {func(t *tx) error { return t.respell(func(raw []byte) []byte { return append(raw, "\x00eve"...) }) }, directory.ErrDamaged},
		"another name": {func(t *tx) error {
			return t.respell(func(raw []byte) []byte { return bytes.Replace(raw, []byte("byron"), []byte("brown"), 1) })
		}, directory.ErrDamaged},
		"a handle of another":        {func(t *tx) error { return t.put(userIndex, []byte("hhandle"), []byte("eve")) }, directory.ErrDamaged},
		"an ordinal of nobody":       {func(t *tx) error { return t.put(userIndex, []byte("heve"), ordinalValue(1)) }, directory.ErrDamaged},
		"an ordinal free and taken":  {func(t *tx) error { return t.freeOrdinal(0) }, directory.ErrDamaged},
		"an ordinal lost":            {func(t *tx) error { return t.put(userSets, nextKey, ordinalValue(7)) }, directory.ErrDamaged},
		"sets lost":                  {func(t *tx) error { return t.delete(userSets, flagsKey(0)) }, directory.ErrDamaged},
		"a group's set lost":         {func(t *tx) error { return t.delete(userSets, groupKey(0, "staff")) }, directory.ErrDamaged},
		"a group's set of nobody":    {func(t *tx) error { return t.setGroup(0, "others", true) }, directory.ErrDamaged},
		"a set that is not so":       {func(t *tx) error { return t.setFlag(0, isDisabled, true) }, directory.ErrDamaged},
		"a key not on the roll":      {func(t *tx) error { t.strike(placeOf(fullKey)); return nil }, directory.ErrDamaged},
		"a key too many on the roll": {func(t *tx) error { t.enroll(directory.SecurityKey{ID: "other"}); return nil }, directory.ErrDamaged},
		"a key with other traits": {func(t *tx) error {
			k := fullKey
			k.LastUsed = k.LastUsed.Add(time.Second)
			t.enroll(k)
			return nil
		}, directory.ErrDamaged},
		"a roll out of order": {func(t *tx) error {
			other := directory.SecurityKey{ID: "other", UserID: "ada", Created: fullKey.Created}
			if err := errors.Join(t.PutKey(other), t.flush()); err != nil {
				return err
			}
			p, _, err := t.rollPage(placeOf(fullKey))
			beyond := rollPage{[]byte("\xff"), p.traits[traitSize:], p.places[1:]}
			return errors.Join(err, t.putRollPage(beyond), t.putRollPage(rollPage{p.key, p.traits[:traitSize], p.places[:1]}))
		}, directory.ErrDamaged},
		"a page of the roll without places": {func(t *tx) error { return t.delete(keyRoll, rollKey('p', placeOf(fullKey))) }, directory.ErrDamaged},
		"a user without a record":           {func(t *tx) error { return t.delete(users, []byte("ada")) }, directory.ErrDamaged},
		"a user that is no record":          {func(t *tx) error { return t.put(users, []byte("ada"), []byte{0xFF}) }, directory.ErrDamaged},
		"a key without a record":            {func(t *tx) error { return t.delete(keys, []byte("id")) }, directory.ErrDamaged},
		"a credential not indexed":          {func(t *tx) error { return t.delete(keyIndex, credentialKey([]byte("c"))) }, directory.ErrDamaged},
		"a group that is no record":         {func(t *tx) error { return t.put(groups, []byte("g"), []byte("x")) }, directory.ErrDamaged},
		"a journal that is no record":       {func(t *tx) error { return t.put(enrollments, []byte("g"), []byte("x")) }, directory.ErrDamaged},
		"a ticket not found by its link":    {func(t *tx) error { return t.delete(ticketIndex, []byte("llink")) }, directory.ErrDamaged},
		"a link of another ticket":          {func(t *tx) error { return t.put(ticketIndex, []byte("llink"), []byte("other")) }, directory.ErrDamaged},
		"a code of no ticket":               {func(t *tx) error { return t.put(ticketIndex, []byte("hother"), []byte("ticket")) }, directory.ErrDamaged},
		"a ticket without a record":         {func(t *tx) error { return t.delete(tickets, []byte("ticket")) }, directory.ErrDamaged},
		"a ticket that is no record":        {func(t *tx) error { return t.put(tickets, []byte("ticket"), []byte("x")) }, directory.ErrDamaged},
		"a ticket under another's ID": {func(t *tx) error {
			return errors.Join(t.put(tickets, []byte("other"), bytes.Clone(t.get(tickets, []byte("ticket")))), t.delete(tickets, []byte("ticket")))
		}, directory.ErrDamaged},
		"a message without a record":    {func(t *tx) error { return t.delete(outbox, []byte("message")) }, directory.ErrDamaged},
		"a message in another state":    {func(t *tx) error { return t.restate(directory.Sent) }, directory.ErrDamaged},
		"a message that is never due":   {func(t *tx) error { return t.delete(outboxIndex, dueEntry(fullMessage).key) }, directory.ErrDamaged},
		"a message due before its turn": {func(t *tx) error { return t.put(outboxIndex, dueEntry(secondMessage).key, nil) }, directory.ErrDamaged},
		"a message counted twice":       {func(t *tx) error { return t.countMessages(directory.Queued, 1) }, directory.ErrDamaged},
		"a message counted in no state": {func(t *tx) error { return t.countMessages(directory.Failed, 1) }, directory.ErrDamaged},
		"messages not counted":          {func(t *tx) error { return t.delete(outboxIndex, countKey(directory.Queued)) }, directory.ErrDamaged},
		"a template that is no record":  {func(t *tx) error { return t.put(mailTemplates, []byte("t"), []byte("x")) }, directory.ErrDamaged},
		"a secret that is no record":    {func(t *tx) error { return t.put(secrets, []byte("s"), []byte("x")) }, directory.ErrDamaged},
		"an entry removed":              {func(t *tx) error { return t.delete(auditLog, seqKey(1)) }, audit.ErrBroken},
		"the last entry removed":        {func(t *tx) error { return t.delete(auditLog, seqKey(2)) }, audit.ErrBroken},
		"the head removed":              {func(t *tx) error { return t.delete(settings, auditHeadKey) }, audit.ErrBroken},
	} {
		t.Run(name, func(t *testing.T) {
			s := New(t.TempDir() + "/" + Name)
			for _, do := range []func(directory.Tx) error{
				func(dtx directory.Tx) error {
					return errors.Join(
						dtx.PutUser(directory.User{ID: "ada", LastName: "Byron", Handle: []byte("handle"), Groups: []string{"Staff", "STAFF"}}),
						dtx.PutKey(fullKey), dtx.PutTicket(fullTicket), dtx.PutMessage(fullMessage), dtx.PutMessage(secondMessage),
						dtx.AppendAudit(audit.Entry{Time: at}), dtx.AppendAudit(audit.Entry{Time: at}))
				},
				func(dtx directory.Tx) error { return c.spoil(dtx.(*tx)) },
			} {
				if err := s.Update(t.Context(), do); err != nil {
					t.Fatal(err)
				}
			}
			if err := s.Check(t.Context()); !errors.Is(err, c.want) {
				t.Errorf("Check: %v, want %v", err, c.want)
			}
		})
	}
}

// secondMessage waits for fullMessage.
var secondMessage = directory.Message{ID: "second", UserID: "ADA", State: directory.Queued, Created: at.Add(time.Hour)}

// restate changes the state of a message and nothing else.
func (t *tx) restate(s directory.MessageState) error {
	m := fullMessage
	m.State = s
	return keep(t, outbox, []byte(m.ID), keepMessage(m))
}

// respell has the index know the first user by something else.
func (t *tx) respell(edit func([]byte) []byte) error {
	_, loose, err := t.segment(0)
	if err != nil {
		return err
	}
	raw := edit(bytes.Clone(loose.Get(slotKey(0))))
	return t.putDocument(0, raw)
}

// TestDamagedRecordsAreErrors: reading what makes no sense is ErrDamaged, and a panic in bbolt too.
func TestDamagedRecordsAreErrors(t *testing.T) {
	s := New(t.TempDir() + "/" + Name)
	if err := s.Update(t.Context(), func(dtx directory.Tx) error { return dtx.PutUser(directory.User{ID: "ada"}) }); err != nil {
		t.Fatal(err)
	}
	if err := s.Update(t.Context(), func(dtx directory.Tx) error {
		junk := []byte{0xA1, 0x01}
		t := dtx.(*tx)
		for _, k := range []directory.SecurityKey{{ID: "k"}, {ID: "gone", State: directory.Active}, {ID: "lost"}} {
			t.enroll(k)
		}
		return errors.Join(
			t.put(users, []byte("ada"), junk), t.put(groups, []byte("g"), junk), t.put(keys, []byte("k"), junk),
			t.put(settings, workspaceKey, junk), t.put(settings, auditHeadKey, junk), t.put(enrollments, []byte("ada"), junk),
			t.put(auditLog, []byte("x"), junk),
			t.put(tickets, []byte("t"), junk), t.put(ticketIndex, []byte("llost"), []byte("gone")), t.put(ticketIndex, indexKey('k', "short"), nil),
			t.put(ticketIndex, append(indexKey('u', "eve"), "12345678gone"...), nil),
			t.put(outbox, []byte("m"), junk), t.put(outboxIndex, []byte("a12345678gone"), nil), t.put(outboxIndex, indexKey('u', "eve"), nil),
			t.put(outboxIndex, []byte("dshort"), nil), t.put(mailTemplates, []byte("x"), junk), t.put(secrets, []byte("s"), junk),
			t.put(keyIndex, append(ownerKey([]byte("eve")), "1"...), nil))
	}); err != nil {
		t.Fatal(err)
	}
	if err := s.View(t.Context(), func(dtx directory.Tx) error {
		var errs []error
		add := func(_ any, err error) { errs = append(errs, err) }
		add(dtx.User("ada"))
		add(dtx.Users(directory.UserQuery{}))
		add(dtx.Group("g"))
		add(dtx.Groups())
		add(dtx.Key("k"))
		add(dtx.Keys(directory.KeyQuery{}))
		add(dtx.Keys(directory.KeyQuery{UserID: "eve"}))           // a place that is too short
		add(dtx.Keys(directory.KeyQuery{State: directory.Active})) // a place that leads nowhere
		add(dtx.Statistics(directory.StatisticsQuery{}))           // likewise
		add(dtx.Workspace())
		add(dtx.Enrollment("ada"))
		add(dtx.Enrollments())
		add(dtx.Ticket("t"))
		add(dtx.TicketByLink([]byte("lost")))
		add(dtx.Tickets(directory.TicketQuery{KeyID: "short"}))
		add(dtx.Tickets(directory.TicketQuery{UserID: "eve"}))
		add(dtx.Message("m"))
		add(dtx.Messages(directory.MessageQuery{}))
		add(dtx.Messages(directory.MessageQuery{UserID: "eve"}))
		_, _, err := dtx.DueMessages(at, 0)
		add(nil, err)
		add(dtx.MailTemplates())
		add(dtx.Secret("s"))
		add(dtx.AuditHead())
		add(dtx.Audit(directory.AuditQuery{}))
		add(dtx.Audit(directory.AuditQuery{Last: 1}))
		for i, err := range errs {
			if !errors.Is(err, directory.ErrDamaged) {
				t.Errorf("read %d: %v, want ErrDamaged", i, err)
			}
		}
		return nil
	}); err != nil {
		t.Fatal(err)
	}
}
