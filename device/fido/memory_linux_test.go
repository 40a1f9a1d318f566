package fido_test

import (
	"bufio"
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"runtime"
	"strings"
	"testing"

	"tapstation/device"
	"tapstation/device/fido"
	"tapstation/device/pcsc"
	"tapstation/device/virtual"
)

// alone runs the test again in a process whose C heap is one piece that /proc names, and tells whether this is it.
func alone(t *testing.T) bool {
	t.Helper()
	const mark = "FIDO_TEST_ALONE"
	if os.Getenv(mark) == t.Name() {
		return true
	}
	cmd := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^"+t.Name()+"$", "-test.v")
	cmd.Env = append(os.Environ(), mark+"="+t.Name(), "MALLOC_ARENA_MAX=1")
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Errorf("%v\n%s", err, out)
	}
	if !bytes.Contains(out, []byte("--- PASS: "+t.Name())) {
		t.Errorf("the test did not run:\n%s", out)
	}
	return false
}

// cHeap is what the C heap holds, with what has been freed.
func cHeap(t *testing.T) []byte {
	t.Helper()
	maps, err := os.Open("/proc/self/maps")
	if err != nil {
		t.Fatal(err)
	}
	defer maps.Close()
	mem, err := os.Open("/proc/self/mem")
	if err != nil {
		t.Fatal(err)
	}
	defer mem.Close()
	var heap []byte
	for lines := bufio.NewScanner(maps); lines.Scan(); {
		if !strings.HasSuffix(lines.Text(), "[heap]") {
			continue
		}
		var from, to int64
		if _, err := fmt.Sscanf(lines.Text(), "%x-%x", &from, &to); err != nil {
			t.Fatal(err)
		}
		part := make([]byte, to-from)
		if _, err := mem.ReadAt(part, from); err != nil {
			t.Fatal(err)
		}
		heap = append(heap, part...)
	}
	if len(heap) == 0 {
		t.Fatal("no C heap found")
	}
	return heap
}

func TestNoPINStaysInCMemory(t *testing.T) {
	if !alone(t) {
		return
	}
	// Put together here, so that no constant of the program holds them.
	pin := func(n int) device.PIN { return device.PIN(fmt.Sprintf("%d-a-PIN-to-be-wiped-%d", n, n)) }
	name := fmt.Sprintf("%d-a-name-that-go-libfido2-leaves-behind", 1)

	card := newCard(t, virtual.Options{})
	c := tap(t, card)
	steps := []struct {
		what string
		do   func() error
	}{
		{"set", func() error { return c.SetPIN(t.Context(), pin(1)) }},
		{"register", func() error {
			req := of(name)
			req.PIN = pin(1)
			_, err := c.MakeCredential(t.Context(), req)
			return err
		}},
		{"prove", func() error {
			req := prove
			req.PIN = pin(1)
			_, err := c.GetAssertion(t.Context(), req)
			return err
		}},
		{"change", func() error { return c.ChangePIN(t.Context(), pin(1), pin(2)) }},
		{"raise the minimum", func() error { return c.SetMinPINLength(t.Context(), pin(2), 5) }},
		{"force a change", func() error { return c.ForcePINChange(t.Context(), pin(2)) }},
		{"change by force", func() error { return c.ChangePIN(t.Context(), pin(2), pin(3)) }},
		{"delete", func() error {
			all := prove
			all.Silent = true
			got, err := c.GetAssertion(t.Context(), all)
			if err != nil {
				return err
			}
			return c.DeleteCredential(t.Context(), got[0].CredentialID, pin(3))
		}},
	}
	for _, step := range steps {
		if err := step.do(); err != nil {
			t.Fatalf("%s: %v", step.what, err)
		}
	}
	if err := c.ChangePIN(t.Context(), pin(4), pin(5)); err == nil {
		t.Fatal("a wrong PIN was taken")
	}
	heap := cHeap(t)
	if !bytes.Contains(heap, []byte(name)) {
		t.Fatal("the name is not found: what go-libfido2 leaves behind is no longer where this test looks")
	}
	for n := 1; n <= 5; n++ {
		if bytes.Contains(heap, []byte(pin(n).Reveal())) {
			t.Errorf("PIN %d is still in C memory", n)
		}
	}
}

// held is what this process holds on the C heap and on Go's, in bytes.
func held(t *testing.T) (inC, inGo int) {
	t.Helper()
	var m runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&m)
	return len(cHeap(t)), int(m.HeapAlloc)
}

func TestMemoryIsFlat(t *testing.T) {
	if !alone(t) {
		return
	}
	const (
		warmUp = 200
		rounds = 1000
		// go-libfido2 leaves some 450 bytes of C strings behind a round. What else could be left is more: a libfido2
		// device is 200 bytes an operation, an answer 2 KiB.
		most = 512 << 10
	)
	enroll := func(n int) {
		for i := range n {
			// Every other one is taken away midway.
			f := &field{card: newCard(t, virtual.Options{})}
			if i%2 == 1 {
				f.before = 1 + i%apdusWithNewPIN
			}
			f.card.PowerOn()
			c := fido.NewCard(pcsc.NewSession("virtual", f))
			if err := ceremony(t.Context(), c, "1234"); (err != nil) != (f.before != 0) {
				t.Fatal(err)
			}
			if err := c.Close(); err != nil {
				t.Fatal(err)
			}
		}
	}
	enroll(warmUp)
	cBefore, goBefore := held(t)
	enroll(rounds)
	cAfter, goAfter := held(t)
	t.Logf("%d rounds took %d bytes of the C heap and %d of Go's", rounds, cAfter-cBefore, goAfter-goBefore)
	if cAfter-cBefore > most || goAfter-goBefore > most {
		t.Errorf("that is more than %d", most)
	}
}
