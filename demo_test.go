package main

import (
	"bytes"
	"context"
	"errors"
	"io/fs"
	"net/http"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"tapstation/app/directory"
	"tapstation/app/portal"
)

// TestDemoHasMailAndLeavesNothingBehind goes the way of a link in a mail of the demo.
func TestDemoHasMailAndLeavesNothingBehind(t *testing.T) {
	ctx := t.Context()
	before := time.Now()
	d, err := openDemo(ctx, demoOptions{})
	if err != nil {
		t.Fatal(err)
	}
	closed := sync.OnceValue(d.close)
	defer func() { _ = closed() }()
	if _, err := d.furnish(ctx, before); err != nil {
		t.Fatal(err)
	}
	if now := d.station.Directory.Now(); now.Before(before) {
		t.Errorf("the demo's clock stands at %v, want it to go on", now)
	}
	counts, err := d.station.Mail.Counts(ctx)
	if err != nil || counts[directory.Sent] != 2 || counts[directory.Failed] != 1 {
		t.Errorf("the outbox has %v (%v), want two mails sent and one failed", counts, err)
	}
	mails, _ := d.mail.Mails()
	if len(mails) != 2 || !strings.Contains(mails[0].To, "emil.larsen@") || !strings.Contains(mails[1].To, "dilara.aydin@") ||
		!mails[0].Arrived.Before(before) || !mails[0].HTML {
		t.Fatalf("the mailbox has %+v, want the mail to activate a key after that about a PIN", mails)
	}
	page, err := d.mail.Page(mails[0].Number)
	if err != nil {
		t.Fatal(err)
	}
	if raw, err := os.ReadFile(page.Path); err != nil || !strings.Contains(string(raw), mails[0].Links[0]) {
		t.Errorf("its page has %d bytes (%v), want it to have the link", len(raw), err)
	}
	opens(ctx, t, d.station.Portal, mails[0].Links[0], "Emil")
	opens(ctx, t, d.station.Portal, mails[1].Links[0], "Dilara")
	if err := closed(); err != nil {
		t.Error(err)
	}
	if _, err := os.Stat(d.mail.folder); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("the folder of the demo: %v, want it gone", err)
	}
}

// opens fetches a link while the portal is served.
func opens(ctx context.Context, t *testing.T, p *portal.Portal, link, want string) {
	t.Helper()
	ctx, cancel := context.WithCancel(ctx)
	var served sync.WaitGroup
	defer served.Wait()
	defer cancel()
	served.Go(func() { p.Keep(ctx) })
	for {
		status, changed := p.Status()
		if status.Err != nil {
			t.Fatalf("the portal is not served: %v", status.Err)
		}
		if status.URL != "" {
			break
		}
		<-changed
	}
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, link, nil)
	if err != nil {
		t.Fatal(err)
	}
	client := &http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
	answer, err := client.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = answer.Body.Close() }()
	body := new(bytes.Buffer)
	if _, err := body.ReadFrom(answer.Body); err != nil || answer.StatusCode != http.StatusOK || !strings.Contains(body.String(), want) {
		t.Errorf("the link answers %d (%v), want the page of %s", answer.StatusCode, err, want)
	}
}
