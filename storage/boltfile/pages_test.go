package boltfile

import (
	"encoding/binary"
	"errors"
	"math/rand/v2"
	"os"
	"testing"

	"tapstation/app/directory"
)

// TestCheckSurvivesPagesThatLeadBack: a page that leads to itself would be followed for ever.
func TestCheckSurvivesPagesThatLeadBack(t *testing.T) {
	f := newFile(t)
	large(t, f, 2)
	raw, err := os.ReadFile(f.path)
	if err != nil {
		t.Fatal(err)
	}
	spoiled, size := 0, os.Getpagesize()
	for p := 2; p*size < len(raw); p++ {
		page := raw[p*size:]
		if binary.NativeEndian.Uint16(page[8:]) == branchPage && binary.NativeEndian.Uint16(page[10:]) > 0 {
			binary.NativeEndian.PutUint64(page[pageHeader+8:], uint64(p))
			spoiled++
		}
	}
	if err := os.WriteFile(f.path, raw, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := f.Check(t.Context()); !errors.Is(err, directory.ErrDamaged) || spoiled == 0 {
		t.Errorf("Check with %d pages that lead to themselves: %v, want ErrDamaged", spoiled, err)
	}
}

// TestCheckSurvivesAnyDamage changes bits where pages say what is in them. Check must come back; a panic on bbolt's own
// goroutine would end the test.
func TestCheckSurvivesAnyDamage(t *testing.T) {
	f := newFile(t)
	large(t, f, 1)
	raw, err := os.ReadFile(f.path)
	if err != nil {
		t.Fatal(err)
	}
	r := rand.New(rand.NewPCG(7, 8))
	found := 0
	for range 200 {
		spoiled := append([]byte(nil), raw...)
		for range 1 + r.IntN(30) {
			page := r.IntN(len(spoiled)/os.Getpagesize()) * os.Getpagesize()
			spoiled[page+r.IntN(64)] ^= 1 << r.IntN(8)
		}
		if err := os.WriteFile(f.path, spoiled, 0o600); err != nil {
			t.Fatal(err)
		}
		err := f.Check(t.Context())
		if err != nil && !errors.Is(err, directory.ErrDamaged) && !errors.Is(err, directory.ErrNewer) {
			t.Errorf("Check of a damaged file: %v", err)
		}
		if err != nil {
			found++
		}
	}
	if found < 100 {
		t.Errorf("damage was found %d times of 200", found)
	}
}
