package pcsc

import (
	"sync"

	"tapstation/device/iso7816"
)

// framing is how a CTAP request is put into APDUs for one reader and card. The zero value is plain short APDUs.
type framing struct {
	extended bool
	// small keeps every short APDU well below the 261 bytes to the card and 258 from it that are allowed: some
	// readers lose those.
	small bool
	// plainP1 leaves out the offer of NFCCTAP_GETRESPONSE, which some cards refuse as a wrong parameter.
	plainP1 bool
}

// smallPart is the data of one short APDU under small framing, in bytes. libfido2 uses the same.
const smallPart = 240

// shortLimit is the longest short command APDU, in bytes (ISO 7816-4 §5.2).
const shortLimit = 4 + 1 + iso7816.MaxShortNc + 1

// firstFraming is what to try on a card never seen: extended length, unless its reader says it does not carry it.
func firstFraming(t Transmitter) framing {
	if l, ok := t.(lengthLimit); ok {
		if n := l.LongestAPDU(); n > 0 && n <= shortLimit {
			return framing{}
		}
	}
	return framing{extended: true}
}

// nc and ne are the most data one short APDU carries to the card and from it.
func (f framing) nc() int {
	if f.small {
		return smallPart
	}
	return iso7816.MaxShortNc
}

func (f framing) ne() int {
	if f.small {
		return smallPart
	}
	return iso7816.MaxShortNe
}

// next is what to try when f fails; false at the end.
func (f framing) next() (framing, bool) {
	switch {
	case f.extended:
		f.extended = false
	case !f.small:
		f.small = true
	default:
		return f, false
	}
	return f, true
}

// parts encodes c into the APDUs to send in turn; every one but the last is a link of a chain.
func (f framing) parts(c iso7816.Command) ([][]byte, error) {
	if f.extended {
		apdu, err := c.Extended()
		return [][]byte{apdu}, err
	}
	var parts [][]byte
	rest := c.Data
	for len(rest) > f.nc() {
		link := iso7816.Command{CLA: c.CLA | iso7816.Chained, INS: c.INS, P1: c.P1, P2: c.P2, Data: rest[:f.nc()]}
		apdu, err := link.Short()
		if err != nil {
			return nil, err
		}
		parts, rest = append(parts, apdu), rest[f.nc():]
	}
	c.Data, c.Ne = rest, min(c.Ne, f.ne())
	apdu, err := c.Short()
	return append(parts, apdu), err
}

// memory keeps the framing each card took on each reader, so that one session decides for the next. The zero value
// is empty; a nil memory keeps nothing.
type memory struct {
	mu    sync.Mutex
	known map[readerCard]framing
}

type readerCard struct{ reader, atr string }

// memoryLimit is how many pairs of reader and card are remembered. Cards of one model share an ATR, so a station
// sees few; what is forgotten is found out again.
const memoryLimit = 256

func (m *memory) recall(reader string, atr []byte) (framing, bool) {
	if m == nil {
		return framing{}, false
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	f, known := m.known[readerCard{reader, string(atr)}]
	return f, known
}

func (m *memory) keep(reader string, atr []byte, f framing) {
	if m == nil {
		return
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.known == nil || len(m.known) >= memoryLimit {
		m.known = make(map[readerCard]framing)
	}
	m.known[readerCard{reader, string(atr)}] = f
}
