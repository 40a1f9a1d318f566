// Package portal is the pages behind mailed links, and what they call: a person at home opens the link in their own browser,
// taps their card, and it is active; or learns plainly what to do instead.
//
// A link or a code is the only thing that opens anything here: there are no accounts, no sessions and no cookies. So
//
//   - nothing is changed by fetching (mail scanners fetch every link, with every method that should be harmless); only a POST
//     from a page of the portal acts;
//   - no address of a page is logged, told to another site or put in an error, for it is the secret;
//   - pages load nothing from elsewhere and run no script but ours (see policy);
//   - everything works without JavaScript but the one act that is JavaScript's: navigator.credentials.create.
//
// What is verified, and by which rules, is app/rp's; what a ticket gives leave for is app/activation's.
package portal

import (
	"net/http"
	"net/netip"
	"sync"
	"sync/atomic"
	"time"

	"tapstation/app/activation"
	"tapstation/app/directory"
)

// Portal serves the pages. Directory and Tickets are needed.
type Portal struct {
	Directory *directory.Directory
	Tickets   *activation.Tickets
	// Claim, where not nil, keeps the data folder to one portal while Run serves it; release gives it back. It fails with
	// *directory.HeldError.
	Claim func() (release func() error, err error)

	challenges challenges
	passes     passes
	proxies    atomic.Pointer[[]netip.Prefix] // whose X-Forwarded-For is believed; nil: nobody's
	address    atomic.Pointer[string]         // that Listen says the pages are reached at, besides the workspace's
	lookEvery  time.Duration                  // shorter in tests; 0: the constant
	limits     *limits                        // shorter in tests; nil: the usual

	mu      sync.Mutex
	status  Status
	changed chan struct{}
}

// now is the directory's clock.
func (p *Portal) now() time.Time {
	if p.Directory.Now != nil {
		return p.Directory.Now()
	}
	return time.Now()
}

// Handler is all pages. It may serve several listeners at once.
func (p *Portal) Handler() http.Handler {
	type by = map[string]http.HandlerFunc
	mux := http.NewServeMux()
	for pattern, methods := range map[string]by{
		"/{$}":                    {"GET": p.home},
		"/code":                   {"GET": p.home, "POST": p.code},
		"/activate/{token}":       {"GET": p.activation},
		"/activate/{token}/begin": {"POST": p.begin},
		"/activate/{token}/end":   {"POST": p.finish},
		"/activate/{token}/code":  {"POST": p.newCode},
		"/pin/{token}":            {"GET": p.pin},
		"/pin/{token}/show":       {"POST": p.showPIN},
		"/pin/{token}/chosen":     {"POST": p.pinChosen},
		"/pin/{token}/code":       {"POST": p.newCode},
		"/logo":                   {"GET": p.logo},
		"/favicon.ico":            {"GET": p.icon},
		"/portal.css":             {"GET": asset("portal.css", "text/css; charset=utf-8")},
		"/activate.js":            {"GET": asset("activate.js", "text/javascript; charset=utf-8")},
		"/":                       {"GET": p.unknown, "POST": p.unknown},
	} {
		mux.HandleFunc(pattern, p.methods(methods))
	}
	return p.guarded(mux)
}
