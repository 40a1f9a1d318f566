package portal

import (
	"context"
	"time"

	"tapstation/app/directory"
)

// lookEvery is how often Keep looks whether the settings are still the same, and how long it waits before it tries again.
const lookEvery = 3 * time.Second

// Keep serves the pages as the settings say until ctx ends: from when they have an address to listen on, and anew when it
// or the certificate files change. What keeps the pages from being served is told by Status, and tried again.
func (p *Portal) Keep(ctx context.Context) {
	for ctx.Err() == nil {
		want, err := p.wanted(ctx)
		switch {
		case err != nil:
			p.setStatus(func(s *Status) { *s = Status{Err: err} })
		case want.Listen == "":
			p.setStatus(func(s *Status) { *s = Status{} })
		default:
			p.serveWhile(ctx, want)
		}
		p.pause(ctx)
	}
}

// serveWhile serves the pages as long as the settings are these.
func (p *Portal) serveWhile(ctx context.Context, want directory.PortalSettings) {
	ctx, cancel := context.WithCancel(ctx)
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		defer cancel()
		_ = p.Run(ctx, Listen{Address: want.Listen, Certificate: want.Certificate, Key: want.Key}) // told by Status
	}()
	for ctx.Err() == nil {
		p.pause(ctx)
		if now, err := p.wanted(ctx); err == nil && now != want {
			cancel()
		}
	}
	<-ended
}

func (p *Portal) wanted(ctx context.Context) (directory.PortalSettings, error) {
	w, err := p.Directory.Workspace(ctx)
	w.Portal.URL = "" // is read for each page
	return w.Portal, err
}

func (p *Portal) pause(ctx context.Context) {
	every := p.lookEvery
	if every == 0 {
		every = lookEvery
	}
	timer := time.NewTimer(every)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-ctx.Done():
	}
}
