package desk

import "tapstation/app/directory"

// actor is who acts, for the audit log.
func (d *Desk) actor() string { return d.opts.Actor }

// may tells whether who acts may do what right is about; what they may not is not shown. It only decides what is
// offered: the directory itself decides again when it is done.
func (d *Desk) may(directory.Right) bool { return true }
