package portal_test

import (
	"fmt"
	"net/http"
	"net/netip"
	"net/url"
	"testing"

	"tapstation/app/portal"
)

// TestForwardedForIsBelievedFromATrustedProxyOnly uses up the patience with one source, and looks whether a request that
// says it comes from elsewhere still finds some.
func TestForwardedForIsBelievedFromATrustedProxyOnly(t *testing.T) {
	proxies := []netip.Prefix{netip.MustParsePrefix("10.0.0.0/8"), netip.MustParsePrefix("fd00::/64")}
	for _, test := range []struct {
		name          string
		proxies       []netip.Prefix
		from, said    string // whose patience is used up
		later, saidBy string // who comes then
		patience      bool
	}{
		{"nobody is trusted", nil, "192.0.2.1:1", "203.0.113.1", "192.0.2.1:2", "203.0.113.2", false},
		{"another address", nil, "192.0.2.1:1", "", "192.0.2.2:1", "", true},
		{"through a proxy, two people", proxies, "10.0.0.1:1", "203.0.113.1", "10.0.0.1:2", "203.0.113.2", true},
		{"through two proxies, one person", proxies, "10.0.0.1:1", "203.0.113.1", "10.0.0.2:2", "203.0.113.1, 10.9.9.9", false},
		{"through a proxy, one who claims to be others", proxies, "10.0.0.1:1", "198.51.100.1, 203.0.113.1", "10.0.0.1:2", "198.51.100.2, 203.0.113.1", false},
		{"past the proxy", proxies, "192.0.2.1:1", "203.0.113.1", "192.0.2.1:2", "203.0.113.2", false},
		{"through a proxy that says nonsense", proxies, "10.0.0.1:1", "unknown", "10.0.0.1:2", "nonsense", false},
		{"IPv6, one house", nil, "[2001:db8:1:2::1]:1", "", "[2001:db8:1:2:3::9]:1", "", false},
		{"IPv6, two houses", nil, "[2001:db8:1:2::1]:1", "", "[2001:db8:1:3::1]:1", "", true},
		{"IPv4 as IPv6", nil, "[::ffff:192.0.2.1]:1", "", "192.0.2.1:2", "", false},
		{"through an IPv6 proxy", proxies, "[fd00::1]:1", "2001:db8:1:2::1", "[fd00::1]:1", "2001:db8:1:3::1", true},
	} {
		t.Run(test.name, func(t *testing.T) {
			d := newDesk(t)
			d.portal.Trust(test.proxies)
			guess := func(from, said string) int {
				t.Helper()
				return d.ask(request{method: "POST", path: "/code", body: url.Values{"code": {"22222-22222"}}.Encode(), from: from,
					header: map[string]string{"X-Forwarded-For": said}}).Code
			}
			for n := 0; guess(test.from, test.said) != http.StatusTooManyRequests; n++ {
				if n > 100 {
					t.Fatal("a hundred wrong codes are looked at without a pause")
				}
			}
			want := http.StatusTooManyRequests
			if test.patience {
				want = http.StatusUnprocessableEntity
			}
			if got := guess(test.later, test.saidBy); got != want {
				t.Errorf("who comes from %s (%q) afterwards is answered %d, want %d", test.later, test.saidBy, got, want)
			}
		})
	}
}

// TestRegistrationsUnderWayAreBounded begins ten thousand at one link, while somebody at another has begun one.
func TestRegistrationsUnderWayAreBounded(t *testing.T) {
	d := newDesk(t)
	mine, flooded := d.assign("pin"), d.assign("pin")
	body := honest().create(t, d.begin(mine.path()))
	first := honest().create(t, d.begin(flooded.path()))
	const begins = 10_000
	for i := range begins {
		if w := d.postJSON(flooded.path()+"/begin", "{}"); w.Code != http.StatusOK {
			t.Fatalf("begin %d is answered %d, want 200", i, w.Code)
		}
	}
	if n := d.portal.UnderWay(); n > 8 {
		t.Errorf("after %d begins at one link %d are remembered, want a handful for each ticket", begins, n)
	}
	d.over(flooded, first)
	if status, problem := d.end(mine.path(), body); status != http.StatusOK {
		t.Errorf("who had begun before at another link is answered %d %q, want 200", status, problem)
	}
	if status, problem := d.end(flooded.path(), honest().create(t, d.begin(flooded.path()))); status != http.StatusOK {
		t.Errorf("who begins afterwards is answered %d %q, want 200", status, problem)
	}
}

// TestRegistrationsOfAllTicketsAreBounded has more tickets than are remembered.
func TestRegistrationsOfAllTicketsAreBounded(t *testing.T) {
	all := portal.NewChallenges()
	const begun = portal.MaxChallenges + 64
	for i := range begun {
		all.Put(begin, fmt.Sprintf("challenge %d", i), fmt.Sprintf("ticket %d", i))
	}
	if all.Len() != portal.MaxChallenges {
		t.Errorf("%d are remembered, want %d", all.Len(), portal.MaxChallenges)
	}
	const last = begun - 1
	if !all.Take(begin, fmt.Sprintf("challenge %d", last), fmt.Sprintf("ticket %d", last)) {
		t.Error("the latest is forgotten, want the oldest to give way")
	}
	if all.Take(begin, "challenge 0", "ticket 0") {
		t.Error("the oldest is still remembered")
	}
}
