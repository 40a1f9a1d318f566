package desk

import (
	"context"

	"tapstation/app/directory"
)

// listen shows the ticket of the link the window was opened with, and those of the links that come later.
func (d *Desk) listen() {
	if d.opts.Link != "" {
		d.link = d.opts.Link
		d.follow()
	}
	if d.opts.Links == nil {
		return
	}
	d.beside(d.ctx, func(ctx context.Context) {
		d.opts.Links(ctx, func(link string) { d.do(func() { d.Follow(link) }) })
	})
}

// Follow raises the window and shows the ticket of a link in it: at once, or behind its gate when somebody has logged in.
func (d *Desk) Follow(link string) {
	d.window.Show()
	d.window.RequestFocus()
	d.link = link
	d.follow()
}

// follow shows the ticket of the link that waits. Who may not enroll is not shown it, and it waits no longer.
func (d *Desk) follow() {
	if d.link == "" || d.gate != nil || d.page == nil {
		return
	}
	link := d.link
	d.link = ""
	if d.may(directory.EnrollKeys) {
		d.openCode(link)
	}
}
