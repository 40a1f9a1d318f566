package storagetest

import (
	"context"
	"encoding/binary"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"time"

	"tapstation/app/directory"
)

// Today is when the people of Person live.
var Today = time.Date(2026, 11, 24, 8, 0, 0, 0, time.UTC)

// PeopleGroups are how many groups the people of Person are in.
const PeopleGroups = 20

// Person is the n-th of very many users, always the same one: for measurements with as many names, and as common ones,
// as a large organisation has. They come in no order of their IDs, names or addresses.
func Person(n int) directory.User {
	r := rand.New(rand.NewPCG(uint64(n), 7))
	first, last := firstName(r), lastName(r)
	at := []string{"example.org", "example.org", "example.org", "lab.example.org", "partner.example.net"}[r.IntN(5)]
	u := directory.User{
		ID:        strings.ToLower(first[:1]+last) + fmt.Sprint(n),
		FirstName: first, LastName: last,
		Email:    strings.ToLower(first+"."+last) + fmt.Sprint(n) + "@" + at,
		Handle:   binary.BigEndian.AppendUint64(binary.BigEndian.AppendUint64(binary.BigEndian.AppendUint64(nil, r.Uint64()), r.Uint64()), uint64(n)),
		Disabled: r.IntN(50) == 0,
		Created:  Today.Add(-time.Duration(r.IntN(3*365*24*60)) * time.Minute),
	}
	u.UserName = first + " " + last
	u.Changed = u.Created
	if n%100 == 0 { // who bears a name that nobody else begins like, and stands at the end of an order by it
		u.LastName = "Zzyx" + fmt.Sprint(n)
	}
	for _, g := range r.Perm(PeopleGroups)[:1+r.IntN(3)] {
		u.Groups = append(u.Groups, groupName(g))
	}
	return u
}

// PersonsKey is the key of the n-th user.
func PersonsKey(n int) directory.SecurityKey {
	r := rand.New(rand.NewPCG(uint64(n), 8))
	u := Person(n)
	k := directory.SecurityKey{
		ID: fmt.Sprintf("%016x%016x", r.Uint64(), n), UserID: u.ID, Name: "Card", Kind: directory.Card, State: directory.Active,
		Verification: directory.PIN, OfflineLogin: r.IntN(10) == 0, RPID: "login.example.org", Model: "Blue card",
		Credential: directory.Credential{ID: make([]byte, 64), PublicKey: make([]byte, 77), SignCount: r.Uint32N(1000), Attestation: "packed"},
		Mark:       directory.CardMark{ATR: []byte{0x3B, 0x80, 0x80, 0x01, 0x01}},
		Created:    u.Created.Add(time.Duration(r.IntN(30*24*60)) * time.Minute),
	}
	for i := 0; i < 64; i += 8 {
		binary.BigEndian.PutUint64(k.Credential.ID[i:], r.Uint64())
	}
	if r.IntN(5) > 0 {
		k.Mark.UID = binary.BigEndian.AppendUint64(nil, r.Uint64())[:7]
	}
	switch r.IntN(40) {
	case 0:
		k.Kind = directory.Smartphone
	case 1:
		k.Kind = directory.Fingerprint
	case 2, 3, 4:
		k.Kind = directory.USBKey
	}
	if r.IntN(25) == 0 {
		k.Verification = directory.PINless
	}
	switch r.IntN(25) {
	case 0:
		k.State, k.Credential = directory.Pending, directory.Credential{}
		k.Changed = k.Created
		return k
	case 1:
		k.State = directory.Disabled
	case 2:
		k.State = directory.Revoked
	}
	k.TemporaryPIN = r.IntN(40) == 0
	k.Activated = k.Created.Add(time.Duration(r.IntN(3*24*60)) * time.Minute)
	if k.LastUsed = k.Activated; r.IntN(20) > 0 {
		k.LastUsed = k.Activated.Add(time.Duration(r.Int64N(int64(max(Today.Sub(k.Activated), time.Minute)))))
	}
	k.Changed = k.LastUsed
	return k
}

// Fill puts the first n people with their keys into an empty store, and their groups. They come in the order of their
// User IDs, which is the fastest way for a store that keeps them so.
func Fill(ctx context.Context, s directory.Store, n int) error {
	groups := func(tx directory.Tx) error {
		for g := range PeopleGroups {
			if err := tx.PutGroup(directory.Group{Name: groupName(g), Created: Today}); err != nil {
				return err
			}
		}
		return nil
	}
	if err := s.Update(ctx, groups); err != nil {
		return err
	}
	type numbered struct {
		id string
		n  int
	}
	people := make([]numbered, n)
	for i := range people {
		people[i] = numbered{directory.Fold(Person(i).ID), i}
	}
	slices.SortFunc(people, func(a, b numbered) int { return strings.Compare(a.id, b.id) })
	for len(people) > 0 {
		// The more are there, the more pages a transaction has to write whatever it adds; the fewer, the more a page
		// that is only split at the end slows down what is put into it.
		batch := people[:min(min(max(500, (n-len(people))/40), 1000), len(people))]
		people = people[len(batch):]
		err := s.Update(ctx, func(tx directory.Tx) error {
			for _, p := range batch {
				if err := tx.PutUser(Person(p.n)); err != nil {
					return err
				}
				if err := tx.PutKey(PersonsKey(p.n)); err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil {
			return fmt.Errorf("people from %q on: %w", batch[0].id, err)
		}
	}
	return nil
}

func groupName(n int) string { return fmt.Sprintf("Group %02d", n) }

// Names are made of syllables; few are very common, many are rare.
var (
	openings = []string{"Ma", "Jo", "An", "Ka", "Le", "Sa", "Da", "El", "Ro", "Ha", "Mi", "Be", "Th", "Lu", "Fa", "Ni", "Ste", "Gra", "O", "Y"}
	middles  = []string{"ri", "ha", "na", "ter", "li", "mu", "re", "vi", "lo", "sa", "ne", "der", "ko", "tha", "mi", "be", "ga", "fo"}
	endings  = []string{"a", "n", "s", "el", "er", "ne", "th", "ia", "mann", "ski", "son", "ez", "ov", "ini", "berg"}
)

func firstName(r *rand.Rand) string {
	n := common(r, len(openings)*len(middles))
	return openings[n%len(openings)] + middles[n/len(openings)] + endings[n%8]
}

func lastName(r *rand.Rand) string {
	n := common(r, len(openings)*len(middles)*len(middles)*len(endings))
	name := openings[n%len(openings)]
	n /= len(openings)
	name += middles[n%len(middles)]
	n /= len(middles)
	return name + middles[n%len(middles)] + endings[n/len(middles)]
}

// common is below n, the small ones far more often: half of all people share the first few hundredths.
func common(r *rand.Rand, n int) int {
	f := r.Float64()
	return int(f * f * f * f * float64(n))
}
