package main

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"slices"
	"time"

	"tapstation/app"
	"tapstation/app/activation"
	"tapstation/app/admin"
	"tapstation/app/audit"
	"tapstation/app/directory"
)

// demoPassword is that of the demo's owner. The demo says it on its lock page.
const demoPassword = "a tray of demo cards"

// furnish puts into the demo what a workspace has after some weeks, so that there is something to see and to look for.
// All of it was before now. It returns the session of its owner.
func (d *demonstration) furnish(ctx context.Context, now time.Time) (owner admin.Session, err error) {
	dir := d.station.Directory
	defer d.clock.goOn()
	d.clock.stand(now.AddDate(0, 0, -demoDays))
	w := directory.DefaultWorkspace()
	w.Name, w.RPName = "Example Works", "Example Works"
	if err := d.mail.settings(ctx, &w); err != nil {
		return owner, err
	}
	owner, err = d.station.Admins.FirstStart(ctx, admin.FirstStart{Workspace: w, Password: demoPassword,
		Owner: directory.User{ID: "robin.hale", UserName: "robin", FirstName: "Robin", LastName: "Hale", Email: "robin.hale@example.org"}})
	if err != nil {
		return owner, err
	}
	for _, u := range demoUsers {
		if _, err := dir.AddUser(ctx, owner.Actor(), u); err != nil {
			return owner, err
		}
	}
	var past []event
	for _, k := range demoKeys {
		past = append(past, k.events()...)
	}
	slices.SortStableFunc(past, func(a, b event) int { return b.days - a.days })
	for i, e := range past {
		d.clock.stand(now.AddDate(0, 0, -e.days).Add(time.Duration(i) * time.Minute)) // what is of one day has an order too
		if err := e.do(ctx, d.station, owner.Actor()); err != nil {
			return owner, err
		}
	}
	return owner, nil
}

// demoTemporaryPIN is that of the card that is not on the tray.
const demoTemporaryPIN = "907316"

// demoDays is how long ago the demo's workspace was founded.
const demoDays = 30

// event is something that happened some days ago.
type event struct {
	days int
	do   func(ctx context.Context, s *app.Station, by string) error
}

// demoUsers are there from the beginning.
var demoUsers = []directory.User{
	{ID: "amara.okafor", UserName: "amara", FirstName: "Amara", LastName: "Okafor", Email: "amara.okafor@example.org", Groups: []string{"Finance"}},
	{ID: "bela.kovacs", UserName: "bela", FirstName: "Béla", LastName: "Kovács", Email: "bela.kovacs@example.org", Groups: []string{"IT desk"}},
	{ID: "chen.wei", UserName: "chen", FirstName: "Wei", LastName: "Chen", Email: "wei.chen@example.org", Groups: []string{"Research"}},
	{ID: "dilara.aydin", UserName: "dilara", FirstName: "Dilara", LastName: "Aydın", Email: "dilara.aydin@example.org", Groups: []string{"Finance", "Works council"}},
	{ID: "emil.larsen", UserName: "emil", FirstName: "Emil", LastName: "Larsen", Email: "emil.larsen@example.org", Groups: []string{"Warehouse"}},
	{ID: "fatima.haddad", UserName: "fatima", FirstName: "Fatima", LastName: "Haddad", Email: "fatima.haddad@example.org", Groups: []string{"Research"}},
	{ID: "grace.miller", UserName: "grace", FirstName: "Grace", LastName: "Miller", Email: "grace.miller@" + goneDomain, Groups: []string{"IT desk"}},
}

// demoKeys are the keys of the demo's users, of cards that are not on its tray.
var demoKeys = []demoKey{
	{user: "amara.okafor", name: "Blue card", days: 24, used: 1, offline: true},
	{user: "bela.kovacs", name: "Card", days: 21, used: 2, pinless: true},
	{user: "bela.kovacs", name: "Card 2", days: 3, used: 1},
	{user: "chen.wei", name: "Card", days: 17, used: 9, state: directory.Disabled},
	{user: "dilara.aydin", name: "White card", days: 1, temporary: true},
	{user: "emil.larsen", name: "Card", days: 1, state: directory.Pending},
	{user: "fatima.haddad", name: "Card", days: 28, used: 27, state: directory.Revoked},
	{user: "fatima.haddad", name: "Card 2", days: 7, used: 1, offline: true},
	{user: "grace.miller", name: "Card", days: 1, state: directory.Pending},
}

// demoKey is a key of the demo.
type demoKey struct {
	user, name         string
	state              directory.KeyState // empty: active
	pinless, temporary bool
	offline            bool
	days, used         int // ago: made, last used; used 0: never
}

// events are what became of the key, each in its time.
func (k demoKey) events() []event {
	if k.state == directory.Pending {
		return []event{{k.days, k.assign}}
	}
	all := []event{{k.days, k.put}}
	id := k.id()
	if k.used > 0 {
		all = append(all, event{k.used, k.use})
	}
	switch k.state {
	case directory.Disabled:
		all = append(all, event{1, func(ctx context.Context, s *app.Station, by string) error {
			_, err := s.Directory.DisableKey(ctx, by, id)
			return err
		}})
	case directory.Revoked:
		all = append(all, event{2, func(ctx context.Context, s *app.Station, by string) error {
			_, err := s.Directory.RevokeKey(ctx, by, id)
			return err
		}})
	}
	return all
}

func (k demoKey) sum() [sha256.Size]byte { return sha256.Sum256([]byte(k.user + "/" + k.name)) }

func (k demoKey) id() string {
	sum := k.sum()
	return hex.EncodeToString(sum[:16])
}

// put puts the key into the directory, as its enrollment would have.
func (k demoKey) put(ctx context.Context, s *app.Station, by string) error {
	now, sum := s.Directory.Now(), k.sum()
	var sealed []byte
	if k.temporary {
		var err error
		if sealed, err = s.Directory.Seal.Seal([]byte(demoTemporaryPIN), directory.PINPurpose(k.user)); err != nil {
			return err
		}
	}
	err := s.Directory.Store.Update(ctx, func(tx directory.Tx) error {
		w, err := tx.Workspace()
		if err != nil {
			return err
		}
		key := directory.SecurityKey{
			ID: k.id(), UserID: k.user, Name: k.name, Kind: directory.Card, State: directory.Active, RPID: w.RPID,
			Verification: directory.PIN, OfflineLogin: k.offline, TemporaryPIN: k.temporary,
			Credential: directory.Credential{ID: sum[:], PublicKey: sum[:], SignCount: 1, Attestation: "packed"},
			Created:    now, Activated: now, Changed: now,
		}
		copy(key.Credential.AAGUID[:], "tapstation demo.")
		if k.pinless {
			key.Verification = directory.PINless
		}
		key.SealedPIN = sealed
		if err := tx.PutKey(key); err != nil {
			return err
		}
		err = tx.AppendAudit(audit.Entry{Time: now, Actor: by, Act: audit.KeyActivated, User: k.user, Key: key.ID,
			Detail: map[string]string{"name": k.name, "verification": string(key.Verification)}})
		if err != nil || !k.temporary {
			return err
		}
		u, err := tx.User(k.user)
		if err != nil {
			return err
		}
		return s.Activation.QueuePINMail(tx, now, by, w, u, key)
	})
	if err != nil || !k.temporary {
		return err
	}
	return deliver(ctx, s)
}

// assign has the user activate the key themselves, by what is mailed to them.
func (k demoKey) assign(ctx context.Context, s *app.Station, by string) error {
	if _, err := s.Activation.Assign(ctx, activation.Assignment{UserID: k.user, KeyName: k.name, Actor: by}); err != nil {
		return err
	}
	return deliver(ctx, s)
}

// deliver sends what is in the outbox.
func deliver(ctx context.Context, s *app.Station) error {
	report, err := s.Mail.Deliver(ctx)
	if err == nil && report.Trouble != nil {
		err = report.Trouble
	}
	if err != nil {
		return fmt.Errorf("deliver the demo's mail: %w", err)
	}
	return nil
}

// use is a log-in with the key.
func (k demoKey) use(ctx context.Context, s *app.Station, _ string) error {
	now := s.Directory.Now()
	return s.Directory.Store.Update(ctx, func(tx directory.Tx) error {
		key, err := tx.Key(k.id())
		if err != nil {
			return err
		}
		key.LastUsed = now
		key.Credential.SignCount++
		if err := tx.PutKey(key); err != nil {
			return err
		}
		return tx.AppendAudit(audit.Entry{Time: now, Actor: directory.StationActor, Act: audit.LoginAccepted, User: k.user, Key: key.ID})
	})
}
