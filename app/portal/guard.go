package portal

import (
	"log"
	"net/http"
	"slices"
	"strings"
)

// policy is what a page of the portal may do: load from here, send to here, and nothing else (CSP Level 3).
const policy = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; " +
	"form-action 'self'; frame-ancestors 'none'; base-uri 'none'"

// permissions leave a page the one power it needs.
const permissions = "publickey-credentials-create=(self), publickey-credentials-get=(), camera=(), microphone=(), geolocation=(), " +
	"usb=(), hid=(), serial=(), payment=(), clipboard-read=(), display-capture=()"

// guarded puts what holds for every answer before next: the headers, and that nothing is taken from other sites. What next
// panics with is told to nobody but the person, because the address of the page is a secret.
func (p *Portal) guarded(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		h.Set("Content-Security-Policy", policy)
		h.Set("Permissions-Policy", permissions)
		h.Set("Referrer-Policy", "no-referrer")
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("Cross-Origin-Opener-Policy", "same-origin")
		h.Set("Cross-Origin-Resource-Policy", "same-origin")
		h.Set("X-Robots-Tag", "noindex, nofollow")
		h.Set("Cache-Control", "no-store")
		if r.TLS != nil {
			h.Set("Strict-Transport-Security", "max-age=31536000")
		}
		defer func() {
			if recover() != nil {
				p.problem(w, r, http.StatusInternalServerError, "failed")
			}
		}()
		if !safe(r.Method) && !ownPage(r) {
			p.problem(w, r, http.StatusForbidden, "elsewhere")
			return
		}
		r.Body = http.MaxBytesReader(w, r.Body, maxBody)
		next.ServeHTTP(w, r)
	})
}

// maxBody bounds what is sent here, in bytes: the answer of a key with a long chain of certificates is some 10 KiB.
const maxBody = 64 << 10

func safe(method string) bool { return method == http.MethodGet || method == http.MethodHead }

// ownPage tells whether this may come from a page of ours. Every current browser says where it comes from by
// Sec-Fetch-Site (Fetch Metadata §2.3); Origin is for those before, though with our referrer policy a form's is null. Who
// says neither is no browser, which could be made to send something in somebody's name.
func ownPage(r *http.Request) bool {
	site, origin := r.Header.Get("Sec-Fetch-Site"), r.Header.Get("Origin")
	if site != "" {
		return site == "same-origin"
	}
	if origin == "" {
		return true
	}
	for _, scheme := range []string{"https://", "http://"} { // a proxy in front may speak TLS for us
		if strings.EqualFold(origin, scheme+r.Host) {
			return true
		}
	}
	return false
}

// methods answers each method of one address by its own handler, HEAD as GET, and others with 405.
func (p *Portal) methods(by map[string]http.HandlerFunc) http.HandlerFunc {
	var allow []string
	for method := range by {
		allow = append(allow, method)
		if method == http.MethodGet {
			allow = append(allow, http.MethodHead)
		}
	}
	slices.Sort(allow)
	return func(w http.ResponseWriter, r *http.Request) {
		method := r.Method
		if method == http.MethodHead {
			method = http.MethodGet
		}
		if do, ok := by[method]; ok {
			do(w, r)
			return
		}
		w.Header().Set("Allow", strings.Join(allow, ", "))
		p.problem(w, r, http.StatusMethodNotAllowed, "method")
	}
}

// silent is where net/http writes what it has to say: the addresses in it are secrets, and people's.
var silent = log.New(discard{}, "", 0)

type discard struct{}

func (discard) Write(b []byte) (int, error) { return len(b), nil }
