package portal

import "time"

// LookEvery has Keep look at the settings so often.
func (p *Portal) LookEvery(d time.Duration) { p.lookEvery = d }
