package desk

import (
	"time"
)

// stirred tells that somebody is there.
func (d *Desk) stirred() { d.active = d.now() }

// now is the directory's clock.
func (d *Desk) now() time.Time {
	if now := d.station.Directory.Now; now != nil {
		return now()
	}
	return time.Now()
}
