package tour

import (
	"errors"
	"fmt"
	"path/filepath"
)

// look is how a page of the web is looked at.
type look struct {
	name   string // after that of the page
	on     screen
	scheme string
}

var looks = []look{
	{"", desktop, "light"}, {"-dark", desktop, "dark"}, {"-phone", phone, "light"}, {"-phone-dark", phone, "dark"},
}

// web leaves a picture of a page of the web in each of some looks. Where there is no browser it says once that they are
// left out.
func (g *guide) web(name, address string, looks ...look) {
	for _, l := range looks {
		g.shot++ // also where it is left out, so that the others are called the same
		if g.err != nil || !g.browsing() {
			continue
		}
		img, err := g.browser.look(address, l.on, l.scheme)
		if err == nil && blank(img) {
			err = errBlank
		}
		if err != nil {
			g.fail(fmt.Errorf("picture %q in the browser: %w", name, err))
			return
		}
		g.fail(save(filepath.Join(g.dir, fmt.Sprintf("%03d-%s%s.png", g.shot, name, l.name)), img))
	}
}

// browsing tells whether there is a browser, and starts it when it is first asked.
func (g *guide) browsing() bool {
	if g.browser != nil || g.noBrowser {
		return !g.noBrowser
	}
	b, err := startBrowser(g.ctx)
	if errors.Is(err, errNoBrowser) {
		g.noBrowser = true
		g.say("The pictures of web pages are left out: " + err.Error() + ".")
		return false
	}
	g.fail(err)
	g.browser = b
	return err == nil
}
