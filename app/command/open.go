package command

import (
	"errors"
	"regexp"

	"tapstation/app/activation"
	"tapstation/app/directory"
)

type openCommand struct {
	URL string `arg:"" name:"url" help:"tapstation://activate/… or tapstation://pin/…, as a mailed link's page gives it."`
}

// stationLink is all that a link which opens the station may look like: a browser hands over whatever a page asks it to.
// What stands last is 256 random bits in base64url.
var stationLink = regexp.MustCompile(`^(?i:tapstation)://(?i:activate|pin)/[A-Za-z0-9_-]{43}/?$`)

// errLink says nothing of the link itself: a ticket is for no terminal and no log.
var errLink = errors.New("this is no link that opens Tapstation")

// Run shows the ticket of a link in the desk window: in the one that is open, or in a new one.
func (c *openCommand) Run(r *run) error {
	link := c.URL
	c.URL = ""
	if _, ok := activation.ParseLink(link); !ok || !stationLink.MatchString(link) {
		return errLink
	}
	by, err := actor()
	if err != nil {
		return err
	}
	folder, err := r.folder()
	if err != nil {
		return err
	}
	return r.unlessTaken(folder, r.Link(r.ctx, folder, by, link))
}

// unlessTaken is err, which a window has ended with. That another process has the window is told to a person who cannot
// see standard error, too.
func (r *run) unlessTaken(folder string, err error) error {
	var held *directory.HeldError
	if !errors.As(err, &held) || r.Taken == nil || r.JSON {
		return err
	}
	r.fail(err) // before the notice, for whoever waits for what is printed
	if err := r.Taken(r.ctx, folder, held); err != nil {
		r.warn(err)
	}
	return errShown
}
