package portal_test

import (
	"context"
	"errors"
	"net/http"
	"os"
	"path/filepath"
	"testing"
	"time"

	"tapstation/app/directory"
	"tapstation/app/portal"
)

// TestTheWindowServesAsTheSettingsSay changes where the pages are to be served while a window is open.
func TestTheWindowServesAsTheSettingsSay(t *testing.T) {
	d := newDesk(t)
	d.portal.LookEvery(5 * time.Millisecond)
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan struct{})
	go func() { defer close(ended); d.portal.Keep(ctx) }()
	defer func() { cancel(); <-ended }()

	listen := func(p directory.PortalSettings) {
		d.settings(func(w *directory.Workspace) {
			w.Portal.Listen, w.Portal.Certificate, w.Portal.Key = p.Listen, p.Certificate, p.Key
		})
	}
	client := &http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
	answers := func(at string) bool {
		r, err := client.Get(at)
		if err != nil {
			return false
		}
		_ = r.Body.Close()
		return r.StatusCode == http.StatusOK
	}

	listen(directory.PortalSettings{Listen: "127.0.0.1:0"})
	first := d.until("it is served", func(s portal.Status) bool { return s.URL != "" }).URL
	if !answers(first) {
		t.Fatalf("the pages are said to be at %s, but nobody answers there", first)
	}

	listen(directory.PortalSettings{Listen: "localhost:0"})
	second := d.until("it is served elsewhere", func(s portal.Status) bool { return s.URL != "" && s.URL != first }).URL
	if !answers(second) || answers(first) {
		t.Errorf("after the address was changed from %s to %s, want an answer at the second only", first, second)
	}

	folder := t.TempDir()
	bad := filepath.Join(folder, "bad.pem")
	if err := os.WriteFile(bad, []byte("no certificate"), 0o600); err != nil {
		t.Fatal(err)
	}
	listen(directory.PortalSettings{Listen: "127.0.0.1:0", Certificate: bad, Key: bad})
	d.until("the certificate is complained about", func(s portal.Status) bool { return errors.Is(s.Err, portal.ErrCertificate) })

	listen(directory.PortalSettings{})
	d.until("it is served no more", func(s portal.Status) bool { return s == portal.Status{} })
	if answers(second) {
		t.Errorf("nothing is to be served, but %s answers", second)
	}
}

// until waits for a state of the portal.
func (d *desk) until(what string, is func(portal.Status) bool) portal.Status {
	d.t.Helper()
	late := time.After(10 * time.Second)
	for {
		s, changed := d.portal.Status()
		if is(s) {
			return s
		}
		select {
		case <-changed:
		case <-late:
			d.t.Fatalf("it does not come that %s; the state is %+v", what, s)
		}
	}
}
