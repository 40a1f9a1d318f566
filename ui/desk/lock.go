package desk

import "time"

// Lock covers the panel until an admin logs in again. For the same one it comes back as it was.
func (d *Desk) Lock() { d.lock("") }

// lock is Lock, with a sentence that says why; empty: it was wished, or nobody was there any more.
func (d *Desk) lock(why string) {
	if d.gate == nil {
		d.cover(newLoginPage(d, &locked{by: d.session, why: why}))
	}
}

// stirred tells that somebody is there.
func (d *Desk) stirred() {
	d.active = d.now()
	d.watchIdle()
}

// watchIdle locks when nobody has been there for as long as the workspace says. It sets one clock at a time, and when
// that rings looks for how long it has to be set again: one at every key would be a lot of clocks.
func (d *Desk) watchIdle() {
	if d.clock || d.gate != nil || d.session.UserID == "" || d.workspace.LockAfter <= 0 {
		return
	}
	d.clock = true
	d.opts.After(d.active.Add(d.workspace.LockAfter).Sub(d.now()), func() {
		d.do(func() {
			d.clock = false
			if after := d.workspace.LockAfter; after > 0 && d.now().Sub(d.active) >= after {
				d.lock("")
			}
			d.watchIdle()
		})
	})
}

// now is the directory's clock.
func (d *Desk) now() time.Time {
	if now := d.station.Directory.Now; now != nil {
		return now()
	}
	return time.Now()
}
