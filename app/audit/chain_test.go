package audit

import (
	"errors"
	"fmt"
	"slices"
	"testing"
	"time"
)

// chain is a log of n entries and its head.
func chain(n int) ([]Entry, Head) {
	var (
		entries []Entry
		head    Head
		e       Entry
	)
	for i := range n {
		e, head = head.Link(Entry{
			Time: time.Date(2026, 3, 1, 9, 0, i, 1999, time.FixedZone("", 7200)), Actor: "os:ada", Act: KeyRevoked, User: "ada",
			Key: fmt.Sprint(i), Detail: map[string]string{"name": "Card", "from": "active"},
		})
		entries = append(entries, e)
	}
	return entries, head
}

func verify(entries []Entry, head Head) error {
	var c Chain
	for _, e := range entries {
		if err := c.Add(e); err != nil {
			return err
		}
	}
	return c.End(head)
}

func TestChainAsWrittenVerifies(t *testing.T) {
	for n := range 4 {
		entries, head := chain(n)
		if err := verify(entries, head); err != nil {
			t.Errorf("a chain of %d entries: %v", n, err)
		}
	}
}

func TestTamperingIsFound(t *testing.T) {
	for _, c := range []struct {
		name   string
		tamper func([]Entry, *Head) []Entry
	}{
		{"actor changed", func(e []Entry, _ *Head) []Entry { e[2].Actor = "os:eve"; return e }},
		{"act changed", func(e []Entry, _ *Head) []Entry { e[2].Act = KeyEnabled; return e }},
		{"user changed", func(e []Entry, _ *Head) []Entry { e[2].User = ""; return e }},
		{"key changed", func(e []Entry, _ *Head) []Entry { e[2].Key = "9"; return e }},
		{"time changed", func(e []Entry, _ *Head) []Entry { e[2].Time = e[2].Time.Add(time.Microsecond); return e }},
		{"time beyond the calendar", func(e []Entry, _ *Head) []Entry { e[2].Time = time.Date(123456, 1, 1, 0, 0, 0, 0, time.UTC); return e }},
		{"detail changed", func(e []Entry, _ *Head) []Entry { e[2].Detail["name"] = "Card 2"; return e }},
		{"detail added", func(e []Entry, _ *Head) []Entry { e[2].Detail["x"] = "y"; return e }},
		{"detail removed", func(e []Entry, _ *Head) []Entry { e[2].Detail = nil; return e }},
		{"text moved between members", func(e []Entry, _ *Head) []Entry { e[2].User, e[2].Key = e[2].Key, e[2].User; return e }},
		{"hash changed", func(e []Entry, _ *Head) []Entry { e[2].Hash[0]++; return e }},
		{"hash removed", func(e []Entry, _ *Head) []Entry { e[2].Hash = nil; return e }},
		{"last one changed and hashed again", func(e []Entry, _ *Head) []Entry {
			e[4].Actor = "os:eve"
			e[4].Hash = e[4].sum()
			return e
		}},
		{"changed and hashed again", func(e []Entry, _ *Head) []Entry {
			e[2].Actor = "os:eve"
			e[2].Hash = e[2].sum()
			return e
		}},
		{"removed from the middle", func(e []Entry, _ *Head) []Entry { return slices.Delete(e, 2, 3) }},
		{"removed from the middle and numbered again", func(e []Entry, _ *Head) []Entry {
			e = slices.Delete(e, 2, 3)
			for i := range e {
				e[i].Seq = uint64(i) + 1
			}
			return e
		}},
		{"removed from the beginning", func(e []Entry, _ *Head) []Entry { return e[1:] }},
		{"removed from the end", func(e []Entry, _ *Head) []Entry { return e[:4] }},
		{"removed altogether", func([]Entry, *Head) []Entry { return nil }},
		{"two exchanged", func(e []Entry, _ *Head) []Entry { e[1], e[2] = e[2], e[1]; return e }},
		{"two exchanged and numbered again", func(e []Entry, _ *Head) []Entry {
			e[1], e[2] = e[2], e[1]
			e[1].Seq, e[2].Seq = 2, 3
			return e
		}},
		{"one repeated", func(e []Entry, _ *Head) []Entry { return slices.Insert(e, 2, e[2]) }},
		{"one put at the end", func(e []Entry, _ *Head) []Entry { return append(e, Link(e[4], Entry{Actor: "os:eve"})) }},
		{"written anew from the middle", func(e []Entry, _ *Head) []Entry {
			e[2].Actor = "os:eve"
			for i := 2; i < len(e); i++ {
				e[i] = Link(e[i-1], e[i])
			}
			return e
		}},
		{"head set back", func(e []Entry, h *Head) []Entry { h.Seq, h.Hash = 4, e[3].Hash; return e }},
		{"head removed", func(e []Entry, h *Head) []Entry { *h = Head{}; return e }},
	} {
		entries, head := chain(5)
		if err := verify(c.tamper(entries, &head), head); !errors.Is(err, ErrBroken) {
			t.Errorf("%s: got %v, want ErrBroken", c.name, err)
		}
	}
}

func TestErrorTellsTheFirstPlace(t *testing.T) {
	entries, head := chain(5)
	entries[2].Actor, entries[4].Actor = "os:eve", "os:eve"
	want := "entry 3: " + ErrBroken.Error()
	if err := verify(entries, head); err == nil || err.Error() != want {
		t.Errorf("got %q, want %q", err, want)
	}
	entries, head = chain(5)
	want = "the log ends at entry 3 instead of 5: " + ErrBroken.Error()
	if err := verify(entries[:3], head); err == nil || err.Error() != want {
		t.Errorf("got %q, want %q", err, want)
	}
}

func TestLinkMakesTextsAndTimesThatCanBeKept(t *testing.T) {
	detail := map[string]string{"k\xff": "v\xff"}
	e := Link(Entry{}, Entry{Actor: "os:\xff", Detail: detail, Time: time.Date(-5, 1, 1, 0, 0, 0, 0, time.UTC)})
	if e.Actor != "os:\uFFFD" || e.Detail["k\uFFFD"] != "v\uFFFD" {
		t.Errorf("linked %+v, want what is no UTF-8 replaced", e)
	}
	if !e.Time.IsZero() {
		t.Errorf("linked the time %v, want none in place of one that cannot be written", e.Time)
	}
	if _, there := detail["k\xff"]; !there || len(detail) != 1 {
		t.Errorf("the caller's detail was changed: %v", detail)
	}
	if err := Check(Entry{}, e); err != nil {
		t.Errorf("Check: %v", err)
	}
}

// TestHashIsForEver holds the form the hash is made of: a log written by an old version must verify with a new one.
func TestHashIsForEver(t *testing.T) {
	entries, _ := chain(2)
	const want = "3ab2b6ba001a351bf3fd83d6deeee3e8ccc003e5a8758fe840105387372990e6"
	if got := fmt.Sprintf("%x", entries[1].Hash); got != want {
		t.Errorf("the hash of a known chain is %s, want %s", got, want)
	}
}
