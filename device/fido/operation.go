package fido

import (
	"context"
	"encoding/binary"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"github.com/keys-pub/go-libfido2"

	"tapstation/device"
)

// operation is one call of go-libfido2, which opens a device, uses it and closes it. It takes in what go-libfido2 has
// no place for and keeps what go-libfido2 does not tell.
type operation struct {
	ctx  context.Context
	path string

	// For cards: what carries a request, and what libfido2 is told on getInfo.
	session Session
	info    []byte
	// managesCredentials: it has authenticatorCredentialManagement, not only its prototype.
	managesCredentials bool

	exclude [][]byte // for makeCredential

	pending    []byte             // what libfido2 receives next
	command    byte               // the last command a card was sent
	status     byte               // the last status a card answered
	answer     []byte             // the last answer of a card, without its status
	err        error              // why the exchange with a card failed
	assertions []device.Assertion // authenticator data still wrapped
	opened     bool               // libfido2 could open the device

	mu     sync.Mutex
	cancel func() // while the device is open; nil otherwise
}

// cancelEvery is how often a USB key is told to stop: one that has not yet begun would miss a single time.
const cancelEvery = 100 * time.Millisecond

// run does f on the operation's device.
func (op *operation) run(ctx context.Context, f func(*libfido2.Device) error) error {
	op.ctx = ctx
	if err := ctx.Err(); err != nil {
		return err
	}
	dev, err := libfido2.NewDevice(op.path)
	if err != nil {
		return err
	}
	if err := operations.begin(op); err != nil {
		return err
	}
	defer operations.end(op)
	if op.session == nil {
		defer op.cancelWhenDone(ctx)()
	}
	return f(dev)
}

// cancelWhenDone cancels the operation on a USB key when ctx ends, until the function it returns is called. (On a
// card the session does that.)
func (op *operation) cancelWhenDone(ctx context.Context) (stop func()) {
	stopped, gone := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(gone)
		select {
		case <-stopped:
			return
		case <-ctx.Done():
		}
		again := time.NewTicker(cancelEvery)
		defer again.Stop()
		for {
			op.mu.Lock()
			if op.cancel != nil {
				op.cancel()
			}
			op.mu.Unlock()
			select {
			case <-stopped:
				return
			case <-again.C:
			}
		}
	}()
	return func() { close(stopped); <-gone }
}

func (op *operation) setCancel(cancel func()) {
	op.mu.Lock()
	defer op.mu.Unlock()
	op.cancel = cancel
}

// Commands of the CTAPHID framing that libfido2 speaks to every transport (CTAP 2.1 §11.2.9).
const (
	hidInit = 0x06
	hidCBOR = 0x10
)

// Authenticator commands (CTAP 2.1 §6).
const (
	cmdMakeCredential         = 0x01
	cmdGetAssertion           = 0x02
	cmdGetInfo                = 0x04
	cmdManageCredentials      = 0x0A
	cmdManageCredentialsEarly = 0x41
)

// send takes what libfido2 sends and makes ready what it is to receive. False: there is nothing to receive.
func (op *operation) send(cmd byte, data []byte) bool {
	op.pending = nil
	switch {
	case cmd == hidInit && len(data) == 8:
		op.pending = initAnswer(data)
	case cmd == hidCBOR && len(data) > 0:
		op.pending = op.exchange(data)
	}
	return op.pending != nil
}

// initAnswer is the answer to CTAPHID_INIT (CTAP 2.1 §11.2.9.1.3): the nonce, a channel, versions, and the
// capabilities CBOR without MSG, so that libfido2 never tries U2F.
func initAnswer(nonce []byte) []byte {
	const (
		channel    = 1
		version    = 2
		capCBOR    = 0x04
		capNoMSG   = 0x08
		deviceData = 0
	)
	answer := binary.BigEndian.AppendUint32(append([]byte(nil), nonce...), channel)
	return append(answer, version, deviceData, deviceData, deviceData, capCBOR|capNoMSG)
}

// exchange is the answer to an authenticator request, status and CBOR; nil after a failure, which is then op.err.
func (op *operation) exchange(request []byte) []byte {
	if op.err != nil {
		return nil // the card is gone, or not to be trusted: nothing after that counts
	}
	op.command, op.status, op.answer = request[0], 0, nil
	switch request[0] {
	case cmdGetInfo:
		return op.info
	case cmdManageCredentialsEarly:
		// libfido2 before 1.15 knows only the prototype of the command, whose parameters are the same (CTAP 2.1 §6.8).
		if op.managesCredentials {
			request[0] = cmdManageCredentials
		}
	}
	answer, err := op.session.CTAP2(op.ctx, request)
	if err == nil {
		err = checkAnswer(request[0], answer)
	}
	if err != nil {
		op.err = err
		return nil
	}
	op.status, op.answer = answer[0], answer[1:]
	return answer
}

// checkAnswer keeps from libfido2 what a sound card does not answer and libfido2 might take amiss.
func checkAnswer(cmd byte, answer []byte) error {
	what := fmt.Sprintf("answer to command 0x%02X", cmd)
	switch {
	case len(answer) == 0:
		return &device.MalformedError{What: what, Err: errEmpty}
	case answer[0] != 0 || len(answer) == 1:
		return nil
	case cmd == cmdGetAssertion:
		return checkAssertion(answer[1:])
	}
	return wellFormed(what, answer[1:])
}

// table is the operations under way, by the path they open and by the libfido2 device that opened it. libfido2 1.4,
// which Windows builds may have, cannot be asked what a device was opened with.
type table struct {
	mu     sync.Mutex
	byPath map[string]*operation
	byDev  map[uintptr]*operation
}

var operations = table{byPath: map[string]*operation{}, byDev: map[uintptr]*operation{}}

func (t *table) begin(op *operation) error {
	t.mu.Lock()
	defer t.mu.Unlock()
	if _, busy := t.byPath[op.path]; busy {
		return fmt.Errorf("%s: %w", op.path, device.ErrReaderHeld)
	}
	t.byPath[op.path] = op
	return nil
}

func (t *table) end(op *operation) {
	t.mu.Lock()
	defer t.mu.Unlock()
	delete(t.byPath, op.path)
	for dev, o := range t.byDev {
		if o == op {
			delete(t.byDev, dev)
		}
	}
}

// attach makes dev the device of the operation on path, if there is one.
func (t *table) attach(dev uintptr, path string) *operation {
	t.mu.Lock()
	defer t.mu.Unlock()
	op := t.byPath[path]
	if op != nil {
		t.byDev[dev] = op
	} else {
		delete(t.byDev, dev)
	}
	return op
}

func (t *table) of(dev uintptr) *operation {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.byDev[dev]
}

var cardCount atomic.Uint64

// cardPath is a path nothing else has. It does not begin with "pcsc:", which a libfido2 with PC/SC of its own would
// take for itself.
func cardPath() string { return fmt.Sprintf("card:%d", cardCount.Add(1)) }
