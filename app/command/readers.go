package command

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"tapstation/app"
	"tapstation/app/enroll"
	"tapstation/device"
)

// readersDocument is what readers --json prints.
type readersDocument struct {
	Service bool             `json:"service"` // the PC/SC service runs
	Readers []readerDocument `json:"readers"`
}

type readerDocument struct {
	Name string            `json:"name"`
	Held bool              `json:"held"` // by another program
	Card *presenceDocument `json:"card"` // null without a card
}

// presenceDocument is a card on a reader and what it can do. Without FIDO2 it ends after Error.
type presenceDocument struct {
	cardDocument
	Mute  bool             `json:"mute"` // does not answer to reset
	FIDO2 bool             `json:"fido2"`
	Error *failureDocument `json:"error,omitempty"` // why the card could not be asked

	AAGUID      string          `json:"aaguid,omitempty"`
	Model       string          `json:"model,omitempty"`
	Versions    []string        `json:"versions,omitempty"`
	Extensions  []string        `json:"extensions,omitempty"`
	Options     map[string]bool `json:"options,omitempty"`
	Algorithms  []int           `json:"algorithms,omitempty"` // COSE identifiers
	Transports  []string        `json:"transports,omitempty"`
	MaxMsgSize  int             `json:"max_msg_size,omitempty"`
	MinPIN      int             `json:"min_pin_length,omitempty"`
	ForcePIN    bool            `json:"force_pin_change,omitempty"`
	PINSet      *bool           `json:"pin_set,omitempty"`
	PINRetries  *int            `json:"pin_retries,omitempty"`
	Extended    *bool           `json:"extended_length,omitempty"` // APDUs; absent where not known
	Credentials *int            `json:"remaining_credentials,omitempty"`
}

// How long a list of readers waits for the service to tell what is there, and for one card to answer.
const (
	settleTime = 2 * time.Second
	cardTime   = 4 * time.Second
)

// Run lists readers and cards.
func (c *readersCommand) Run(r *run) error {
	return r.station(func(ctx context.Context, s *app.Station) error {
		state := settled(ctx, s.Board)
		doc := readersDocument{Service: state.Service, Readers: []readerDocument{}}
		for _, reader := range state.Readers {
			if c.Reader == "" || reader.Name == c.Reader {
				doc.Readers = append(doc.Readers, lookAt(ctx, s.Board, reader))
			}
		}
		if err := ctx.Err(); err != nil {
			return fmt.Errorf("list the readers: %w", err)
		}
		if c.Reader != "" && len(doc.Readers) == 0 {
			if !doc.Service {
				return device.ErrServiceDown
			}
			return fmt.Errorf("reader %q: %w", c.Reader, device.ErrNoReader)
		}
		return r.print(doc, func(w io.Writer) { readersTable(w, doc) })
	})
}

// settled is the state once all that is there has been told, or what is known of it by then.
func settled(ctx context.Context, board *device.Board) device.State {
	ctx, cancel := context.WithTimeout(ctx, settleTime)
	defer cancel()
	state, err := board.Wait(ctx, func(s device.State) bool { return s.Known })
	if err != nil {
		state, _ = board.State()
	}
	return state
}

// lookAt asks the card on a reader, if there is one, what it can do.
func lookAt(ctx context.Context, board *device.Board, reader device.Reader) readerDocument {
	doc := readerDocument{Name: reader.Name, Held: reader.Held}
	if reader.Card == nil {
		return doc
	}
	doc.Card = &presenceDocument{cardDocument: newCardDocument(reader.Card.ATR, nil), Mute: reader.Card.Mute}
	if reader.Card.Mute {
		return doc
	}
	ctx, cancel := context.WithTimeout(ctx, cardTime)
	defer cancel()
	if err := doc.Card.ask(ctx, board, reader.Name); err != nil {
		if errors.Is(err, context.DeadlineExceeded) {
			err = fmt.Errorf("%w: %w", device.ErrMute, err) // not within cardTime
		}
		f := explain(err)
		doc.Card.Error = &f
		doc.Held = doc.Held || f.Code == "reader_held"
	}
	return doc
}

func (d *presenceDocument) ask(ctx context.Context, board *device.Board, reader string) error {
	card, err := board.Open(ctx, reader)
	if err != nil {
		return err
	}
	defer func() { _ = card.Close() }() // nothing was changed; only the handle is given back
	uid, err := card.UID(ctx)
	if err != nil {
		return err
	}
	d.cardDocument = newCardDocument(card.ATR(), uid)
	i, err := card.Info(ctx)
	if err != nil {
		return err
	}
	set := i.PINSet()
	d.FIDO2, d.PINSet = true, &set
	d.AAGUID, d.Model, d.Versions, d.Extensions = formatAAGUID(i.AAGUID), enroll.Model(i), i.Versions, i.Extensions
	d.Options, d.Algorithms, d.Transports = i.Options, i.Algorithms, i.Transports
	d.MaxMsgSize, d.MinPIN, d.ForcePIN = i.MaxMsgSize, i.MinPINLength, i.ForcePIN
	if i.RemainingCredentials >= 0 {
		d.Credentials = &i.RemainingCredentials
	}
	if set {
		left, err := card.PINRetries(ctx)
		if err != nil {
			return err
		}
		d.PINRetries = &left.Left
	}
	if c, ok := card.(interface{ ExtendedLength() bool }); ok {
		extended := c.ExtendedLength()
		d.Extended = &extended
	}
	return nil
}

func readersTable(w io.Writer, doc readersDocument) {
	if !doc.Service {
		_, _ = fmt.Fprintln(w, "The PC/SC service is not running. See tapstation doctor.")
		return
	}
	if len(doc.Readers) == 0 {
		_, _ = fmt.Fprintln(w, "No reader is there. See tapstation doctor.")
		return
	}
	rows := make([][]string, len(doc.Readers))
	for i, r := range doc.Readers {
		uid, pin, model := "-", "-", "-"
		what := "no card"
		if c := r.Card; c != nil {
			what = describe(c)
			if c.UID != nil {
				uid = strings.ToUpper(*c.UID)
			}
			if c.FIDO2 {
				model, pin = orDash(c.Model), "none"
			}
			if c.PINRetries != nil {
				pin = fmt.Sprintf("set, %s left", attempts(*c.PINRetries))
			}
		}
		if r.Held {
			what = "held by another program"
		}
		rows[i] = []string{r.Name, what, uid, model, pin}
	}
	table(w, []string{"READER", "CARD", "UID", "MODEL", "PIN"}, rows)
}

func describe(c *presenceDocument) string {
	switch {
	case c.Mute:
		return "does not answer"
	case c.FIDO2:
		return strings.Join(c.Versions, ", ")
	case c.Error != nil && c.Error.Code == "not_fido":
		return "not a FIDO2 card"
	case c.Error != nil:
		return c.Error.Message
	}
	return "ATR " + c.ATR
}
