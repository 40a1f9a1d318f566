package fido

import (
	"context"
	"fmt"

	"tapstation/device"
)

// sessionLink is the way to a card: a path that our own transport answers, over a session.
type sessionLink struct {
	session Session
	path    string // different for each, so that each can be in use

	known  bool
	stale  bool // still good for libfido2, but not for whoever asks
	last   device.Info
	digest []byte // last as libfido2 is given it
}

func newSessionLink(s Session) *sessionLink { return &sessionLink{session: s, path: cardPath()} }

func (l *sessionLink) operation() *operation {
	return &operation{path: l.path, session: l.session, info: l.digest,
		managesCredentials: l.last.Option("credMgmt")}
}

func (l *sessionLink) changed(what change) {
	l.stale = true
	if what == settings {
		l.known = false
	}
}

func (l *sessionLink) info(ctx context.Context, fresh bool) (device.Info, error) {
	if l.known && !(fresh && l.stale) {
		return l.last, nil
	}
	if _, err := l.session.Select(ctx); err != nil {
		return device.Info{}, err
	}
	answer, err := l.session.CTAP2(ctx, []byte{cmdGetInfo})
	if err != nil {
		return device.Info{}, err
	}
	switch {
	case len(answer) == 0:
		return device.Info{}, &device.MalformedError{What: "getInfo", Err: errEmpty}
	case answer[0] == statusInvalidCommand:
		return device.Info{}, fmt.Errorf("%w: it knows U2F only", device.ErrNotFIDO)
	case answer[0] != 0:
		return device.Info{}, refusal(answer[0])
	}
	info, err := parseInfo(answer[1:])
	if err != nil {
		return device.Info{}, err
	}
	if !speaksFIDO2(info) {
		return device.Info{}, fmt.Errorf("%w: it speaks %q", device.ErrNotFIDO, info.Versions)
	}
	digest, err := digest(info)
	if err != nil {
		return device.Info{}, err
	}
	l.last, l.digest, l.known, l.stale = info, digest, true, false
	return info, nil
}
