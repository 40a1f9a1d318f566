package doctor

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"tapstation/device"
)

// service tells whether the PC/SC service runs and lets this account in.
func (d *Doctor) service(ctx context.Context, s device.State) []Finding {
	if s.Service {
		return []Finding{{Check: Service, Verdict: OK, Detail: ServiceRuns}}
	}
	// The state does not say why there is no service; trying to use it does.
	ctx, cancel := context.WithTimeout(ctx, settleTime)
	defer cancel()
	card, err := d.Board.Open(ctx, "")
	if err == nil {
		_ = card.Close()
	}
	if errors.Is(err, device.ErrDenied) {
		return []Finding{{Check: Service, Verdict: Failed, Detail: ServiceDenied, Remedy: AllowService}}
	}
	return []Finding{{Check: Service, Verdict: Failed, Detail: ServiceDown, Remedy: StartService}}
}

// Readers tells what is wrong before a card can be talked to, from the present state alone: readers there, held,
// with or without a card. With a reader named, only that one counts.
func Readers(s device.State, reader string) []Finding {
	if !s.Service {
		return nil
	}
	if len(s.Readers) == 0 {
		return []Finding{{Check: Reader, Verdict: Failed, Detail: NoReader, Remedy: PlugReader}}
	}
	if _, ok := s.Reader(reader); reader != "" && !ok {
		names := make([]string, len(s.Readers))
		for i, r := range s.Readers {
			names[i] = r.Name
		}
		return []Finding{{Check: Reader, Verdict: Failed, Detail: OtherReaders, Remedy: NameReader,
			Args: map[string]string{"reader": reader, "readers": strings.Join(names, ", ")}}}
	}
	var all []Finding
	for _, r := range s.Readers {
		if reader != "" && r.Name != reader {
			continue
		}
		args := map[string]string{"reader": r.Name}
		switch {
		case r.Held:
			all = append(all, held(args))
		default:
			all = append(all, Finding{Check: Reader, Verdict: OK, Detail: ReaderReady, Args: args})
		}
		if r.Card != nil && r.Card.Mute {
			all = append(all, Finding{Check: Card, Verdict: Failed, Detail: CardMute, Remedy: TapAgain, Args: args})
		}
	}
	if !slices.ContainsFunc(s.Readers, func(r device.Reader) bool {
		return r.Card != nil && (reader == "" || r.Name == reader)
	}) {
		all = append(all, Finding{Check: Card, Verdict: Warning, Detail: NoCard, Remedy: TapCard})
	}
	return all
}

func held(args map[string]string) Finding {
	f := Finding{Check: Reader, Verdict: Failed, Detail: ReaderHeld, Remedy: CloseOther, Args: args}
	if programs := serviceUsers(); len(programs) > 0 {
		f.Detail, args["programs"] = ReaderHeldBy, strings.Join(programs, ", ")
	}
	return f
}

// card talks to the card on a reader: what it is, and what state its PIN is in. The error is why it could not, of
// which device.ErrReaderHeld and ErrCardReset are no finding about the card.
func (d *Doctor) card(ctx context.Context, reader string) ([]Finding, error) {
	ctx, cancel := context.WithTimeout(ctx, cardTime)
	defer cancel()
	args := map[string]string{"reader": reader}
	card, err := d.Board.Open(ctx, reader)
	var info device.Info
	if err == nil {
		defer func() { _ = card.Close() }() // nothing was changed; only the handle is given back
		info, err = card.Info(ctx)
	}
	if err == nil {
		return append(ofInfo(info, args), d.pin(ctx, card, info, args)...), nil
	}
	f := Finding{Check: Card, Verdict: Failed, Remedy: TapAgain, Args: args}
	switch {
	case errors.Is(err, device.ErrReaderHeld), errors.Is(err, device.ErrCardReset):
		return nil, err
	case errors.Is(err, device.ErrNotFIDO):
		f.Detail, f.Remedy = NotFIDO, UseFIDOCard
	case errors.Is(err, device.ErrRemoved), errors.Is(err, device.ErrNoCard), errors.Is(err, device.ErrNoReader):
		f.Detail = CardGone
	case errors.Is(err, device.ErrMute), errors.Is(err, context.DeadlineExceeded):
		f.Detail = CardMute
	default:
		f.Detail, args["error"] = CardStrange, err.Error()
	}
	return []Finding{f}, err
}

// ofInfo tells whether the card can become a security key.
func ofInfo(i device.Info, args map[string]string) []Finding {
	args["versions"] = strings.Join(i.Versions, ", ")
	f := Finding{Check: Card, Verdict: OK, Detail: CardReady, Args: args}
	ctap2 := slices.ContainsFunc(i.Versions, func(v string) bool { return strings.HasPrefix(v, "FIDO_2") })
	switch {
	case !ctap2:
		f.Verdict, f.Detail, f.Remedy = Failed, NotFIDO, UseFIDOCard
	case !i.Option("rk"):
		f.Verdict, f.Detail, f.Remedy = Failed, NotDiscoverable, UseOtherCard
	case i.RemainingCredentials == 0:
		f.Verdict, f.Detail, f.Remedy = Warning, CardFull, UseOtherCard
	}
	return []Finding{f}
}

// pin tells the state of the card's PIN. Asking for the attempts left uses none.
func (d *Doctor) pin(ctx context.Context, card device.Card, i device.Info, args map[string]string) []Finding {
	f := Finding{Check: PIN, Verdict: OK, Args: args}
	switch {
	case !i.PINCapable():
		f.Verdict, f.Detail = Warning, PINImpossible
		return []Finding{f}
	case !i.PINSet():
		f.Detail = PINUnset
		return []Finding{f}
	}
	left, err := card.PINRetries(ctx)
	args["left"] = fmt.Sprint(left.Left)
	switch {
	case err != nil:
		args["error"] = err.Error()
		f.Verdict, f.Detail, f.Remedy = Warning, PINUnknown, TapAgain
	case left.Left == 0:
		f.Verdict, f.Detail, f.Remedy = Failed, PINBlocked, ResetCard
	case left.PowerCycle:
		f.Verdict, f.Detail, f.Remedy = Warning, PINPowerCycle, TapAgain
	case left.Left <= 2:
		f.Verdict, f.Detail, f.Remedy = Warning, PINLastAttempts, CarefulPIN
	default:
		f.Detail = PINSet
	}
	return []Finding{f}
}
