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

// stirred tells that somebody is there. Where nobody was for too long it locks first: the clocks that would have done
// so stand still while the computer sleeps, and whoever wakes it may be anybody.
func (d *Desk) stirred() {
	if d.idle() {
		d.lock("")
		return
	}
	d.active = d.now()
	d.watch()
}

// idle tells whether nobody has been at the open panel for as long as the workspace says.
func (d *Desk) idle() bool {
	after := d.workspace.LockAfter
	return d.unlocked() && after > 0 && passed(d.active, d.now()) >= after
}

// unlocked tells whether the panel is open.
func (d *Desk) unlocked() bool { return d.gate == nil && d.session.UserID != "" }

// watch sets the clocks by which the open panel locks.
func (d *Desk) watch() {
	d.watchIdle()
	d.watchSession()
}

// watchIdle locks when nobody has been there for as long as the workspace says. It sets one clock at a time, and when
// that rings looks for how long it has to be set again: one at every key would be a lot of clocks.
func (d *Desk) watchIdle() {
	if d.clock || !d.unlocked() || d.workspace.LockAfter <= 0 {
		return
	}
	d.clock = true
	d.opts.After(d.workspace.LockAfter-passed(d.active, d.now()), func() {
		d.do(func() {
			d.clock = false
			if d.idle() {
				d.lock("")
			}
			d.watchIdle()
		})
	})
}

// checkEvery is how often the open panel asks whether its admin still is one.
const checkEvery = 30 * time.Second

// watchSession locks a page that stays open when its admin is none any more, or another one than they were: what stands
// on it is not to be read until somebody goes to the next. It looks at the idle time too, soon after a sleep.
func (d *Desk) watchSession() {
	if d.checking || !d.unlocked() {
		return
	}
	d.checking = true
	again := func() {
		d.checking = false
		d.watchSession()
	}
	d.opts.After(checkEvery, func() {
		d.do(func() {
			if d.idle() {
				d.lock("")
			}
			if !d.unlocked() {
				again()
				return
			}
			d.check(again)
		})
	})
}

// passed is how much time went by from since to now: by the clock that never jumps, or by the one on the wall where that
// says more, for the first stands still while the computer sleeps.
func passed(since, now time.Time) time.Duration {
	return max(now.Sub(since), now.Round(0).Sub(since.Round(0)))
}

// now is the directory's clock.
func (d *Desk) now() time.Time {
	if now := d.station.Directory.Now; now != nil {
		return now()
	}
	return time.Now()
}
