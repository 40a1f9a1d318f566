// Package doctor looks at everything that must hold before a tap: the PC/SC service, readers, the card that lies
// there now, the data folder and what is in it. Each look gives a verdict and, where something is to be done, a
// remedy for this operating system.
//
// It waits for nobody: it looks at what is there now, and is done within a few seconds even where a reader is held
// or a card does not answer. It changes nothing on a card.
package doctor

import (
	"context"
	"errors"
	"slices"
	"time"

	"tapstation/app/directory"
	"tapstation/device"
)

// Verdict is what a look found, a stable word.
type Verdict string

// Verdicts, the worst last.
const (
	OK      Verdict = "ok"
	Warning Verdict = "warning" // works, but something should be done
	Failed  Verdict = "failed"  // no tap can succeed like this
)

// Check is what was looked at, a stable word.
type Check string

// Checks, in the order they are reported.
const (
	Service   Check = "service"
	Driver    Check = "driver"
	Reader    Check = "reader"
	Card      Check = "card"
	PIN       Check = "pin"
	Folder    Check = "folder"
	Directory Check = "directory"
	Cache     Check = "offline_cache"
	Seal      Check = "sealing_key"
	Secrets   Check = "secrets"
	Clock     Check = "clock"
)

// Finding is the result of one look. Detail and Remedy are stable words that windows translate, with Args to put
// into the sentences; Text and RemedyText are the English ones.
type Finding struct {
	Check   Check
	Verdict Verdict
	Detail  Detail
	Remedy  Remedy // empty: nothing is to be done
	Args    map[string]string
}

// Sealer is the sealing key at work (enroll.Sealer).
type Sealer interface {
	// Made tells whether there is a key; it makes none, as Seal does.
	Made() (bool, error)
	Seal(secret []byte, purpose string) ([]byte, error)
	Open(sealed []byte, purpose string) ([]byte, error)
	// Sealed tells whether something was sealed with this key.
	Sealed(sealed []byte) (bool, error)
}

// OfflineCache is what is looked at of the offline cache.
type OfflineCache interface {
	Keys(ctx context.Context) ([]string, error)
}

// Doctor looks. Whoever uses it runs Board. All members are needed but Now.
type Doctor struct {
	Board     *device.Board
	Directory *directory.Directory
	Cache     OfflineCache
	Seal      Sealer
	Folder    string           // the data folder
	Now       func() time.Time // nil: time.Now
}

// How long it waits for a service to tell what is there, and for a card to answer.
const (
	settleTime = 2 * time.Second
	cardTime   = 4 * time.Second
)

// Examine looks at everything. With a reader named, only that one counts. It fails only when ctx ends.
func (d *Doctor) Examine(ctx context.Context, reader string) ([]Finding, error) {
	state := d.settled(ctx)
	var cards []Finding
	for i, r := range state.Readers {
		if r.Card == nil || r.Card.Mute || r.Held || reader != "" && r.Name != reader {
			continue
		}
		found, err := d.card(ctx, r.Name)
		if errors.Is(err, device.ErrReaderHeld) || errors.Is(err, device.ErrCardReset) {
			state.Readers[i].Held = true // only who tries learns it
		}
		cards = append(cards, found...)
	}
	all := d.service(ctx, state)
	all = append(all, drivers(state)...)
	all = append(all, Readers(state, reader)...)
	all = append(all, cards...)
	all = append(all, d.folder()...)
	all = append(all, d.directory(ctx), d.cache(ctx), d.seal())
	all = append(all, d.secrets(ctx)...)
	all = append(all, d.clock(ctx))
	return all, ctx.Err()
}

// settled is the state once all that is there has been told, or what is known of it by then.
func (d *Doctor) settled(ctx context.Context) device.State {
	ctx, cancel := context.WithTimeout(ctx, settleTime)
	defer cancel()
	state, err := d.Board.Wait(ctx, func(s device.State) bool { return s.Known })
	if err != nil {
		state, _ = d.Board.State()
	}
	state.Readers = slices.Clone(state.Readers)
	return state
}

// Worst is the worst verdict among findings.
func Worst(all []Finding) Verdict {
	worst := OK
	for _, f := range all {
		if f.Verdict == Failed || worst == OK {
			worst = f.Verdict
		}
		if worst == Failed {
			break
		}
	}
	return worst
}

func (d *Doctor) now() time.Time {
	if d.Now != nil {
		return d.Now()
	}
	return time.Now()
}
