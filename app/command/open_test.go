package command

import (
	"context"
	"strings"
	"testing"

	"tapstation/app/directory"
)

// ticketToken stands where 256 random bits would.
var ticketToken = strings.Repeat("aB3_-", 8) + "xyw"

// linked is a desk on which what open hands on is kept.
func linked(t *testing.T, fails error) (*desk, *[]string) {
	t.Helper()
	d := newDesk(t)
	var links []string
	d.link = func(_ context.Context, folder, by, link string) error {
		if folder != d.folder || !strings.HasPrefix(by, directory.SystemActor) {
			t.Errorf("handed on for %q by %q, want the data folder and the user of the system", folder, by)
		}
		links = append(links, link)
		return fails
	}
	return d, &links
}

func TestOpenHandsALinkToTheWindow(t *testing.T) {
	d, links := linked(t, nil)
	for _, link := range []string{"tapstation://activate/" + ticketToken, "tapstation://pin/" + ticketToken, "TAPSTATION://Activate/" + ticketToken + "/"} {
		*links = nil
		d.must("open", link)
		if len(*links) != 1 || (*links)[0] != link {
			t.Errorf("open %q hands on %q", link, *links)
		}
	}
}

func TestHostileLinkIsRefusedAndNotRepeated(t *testing.T) {
	d, links := linked(t, nil)
	for _, link := range []string{
		"", "tapstation:", "tapstation://", "tapstation://activate", "tapstation://activate/", "tapstation://other/" + ticketToken,
		"tapstation://activate/" + ticketToken + "x", "tapstation://activate/" + ticketToken[1:], "tapstation://activate/" + ticketToken + "?next=1",
		"tapstation://activate/" + ticketToken + "#a", "tapstation://me@activate/" + ticketToken, "tapstation://activate:1/" + ticketToken,
		"tapstation://activate/../pin/" + ticketToken, "tapstation://activate/" + ticketToken + "\n", " tapstation://activate/" + ticketToken,
		"https://localhost/activate/" + ticketToken, "file:///etc/passwd", ticketToken, "tapstation://activate/" + strings.Repeat("a", 1<<16),
		"tapstation://activate/%61" + ticketToken[1:], "tapstation://activate/" + ticketToken[:42] + "z",
	} {
		o := d.run("open", "--json", "--", link)
		o.fails(Failed, "bad_link")
		if said := o.stdout + o.stderr; link != "" && strings.Contains(said, ticketToken) {
			t.Errorf("open %.40q repeats the ticket: %s", link, said)
		}
	}
	if len(*links) != 0 {
		t.Errorf("handed on are %q", *links)
	}
}

func TestOpenSaysWhoseTheWindowIs(t *testing.T) {
	d, _ := linked(t, &directory.HeldError{Claim: directory.ClaimWindow, PID: 7})
	d.run("open", "--json", "tapstation://activate/"+ticketToken).fails(Failed, "window_open")
}
