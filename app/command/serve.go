package command

import (
	"context"
	"fmt"
	"io"
	"net/netip"
	"sync"

	"tapstation/app"
	"tapstation/app/directory"
	"tapstation/app/portal"
	"tapstation/app/rp"
)

// localListen is where the portal is served that nobody has said an address for: on this machine, for this machine.
const localListen = "127.0.0.1:8470"

type serveCommand struct {
	Listen      string   `help:"Address and port; without it the setting portal_listen, or else 127.0.0.1:8470." placeholder:"ADDRESS"`
	Certificate string   `help:"Certificate chain, PEM; read again when it changes. Without it the setting portal_certificate." placeholder:"FILE" type:"path"`
	Key         string   `help:"Key of the certificate, PEM; without it the setting portal_key." placeholder:"FILE" type:"path"`
	URL         string   `help:"Where browsers reach the pages; without it the setting portal_url." name:"url" placeholder:"URL"`
	Proxy       []string `help:"Address or network of a proxy in front, which is believed whom it asks for; plain HTTP is allowed behind it. May be given more than once." placeholder:"NETWORK"`
}

// serveDocument is what serve --json prints once the pages can be fetched.
type serveDocument struct {
	URL string `json:"url"`
	// Activates: keys can be activated there; browsers refuse it elsewhere than at the relying party or below it.
	Activates bool `json:"activates"`
}

// Run serves the portal, and sends mail, until it is ended.
func (c *serveCommand) Run(r *run) error {
	return r.directory(func(ctx context.Context, s *app.Station) error {
		w, err := s.Directory.Workspace(ctx)
		if err != nil {
			return err
		}
		listen, err := c.listen(w)
		if err != nil {
			return err
		}
		var printed error
		ready := false
		ctx, cancel := context.WithCancel(ctx)
		listen.Ready = func(url string) {
			ready = true
			if printed = c.announce(r, w, url); printed != nil {
				cancel() // nobody would ever learn that it runs
			}
		}
		var sending sync.WaitGroup
		sending.Go(func() { s.Mail.Run(ctx) })
		err = s.Portal.Run(ctx, listen)
		cancel()
		sending.Wait()
		switch {
		case err == nil:
			return printed
		case !ready:
			return err
		}
		r.say("tapstation: %v", err) // standard output has its document
		return errShown
	})
}

// listen is the flags over the settings.
func (c *serveCommand) listen(w directory.Workspace) (portal.Listen, error) {
	l := portal.Listen{
		Address:     first(c.Listen, w.Portal.Listen, localListen),
		Certificate: first(c.Certificate, w.Portal.Certificate), Key: first(c.Key, w.Portal.Key), URL: c.URL,
	}
	for _, s := range c.Proxy {
		proxy, err := netip.ParsePrefix(s)
		if a, alone := netip.ParseAddr(s); alone == nil {
			proxy, err = a.Prefix(a.BitLen())
		}
		if err != nil {
			return l, misuse("--proxy %s: %w", s, err)
		}
		l.Proxies = append(l.Proxies, proxy.Masked())
	}
	return l, nil
}

// announce tells that the pages can be fetched, and at once what keeps links from working.
func (c *serveCommand) announce(r *run, w directory.Workspace, at string) error {
	links := first(c.URL, w.Portal.URL)
	_, activates := rp.PageOrigin(w.RPID, first(links, at))
	if links == "" {
		r.say("warning: no links can be mailed before the setting portal_url says where users reach these pages")
	}
	if !activates {
		r.say("warning: browsers will not activate keys of %q at %s: it must be https, and %s or below it", w.RPID, first(links, at), w.RPID)
	}
	return r.print(serveDocument{at, activates}, func(out io.Writer) {
		_, _ = fmt.Fprintf(out, "The portal is at %s\n", clean(at))
	})
}

// first is the first that is said.
func first(said ...string) string {
	for _, s := range said {
		if s != "" {
			return s
		}
	}
	return ""
}
