package bolt

import (
	"strings"

	"tapstation/app/audit"
	"tapstation/app/directory"
	"tapstation/storage/boltfile"
)

const activitiesUnsaid, activitiesMost = 100, 1000

// Activities walks along the audit log from its end.
func (t *tx) Activities(q directory.ActivityQuery) (page directory.ActivityPage, err error) {
	defer t.guard(&err)
	limit := pageLimit(q.Limit, activitiesUnsaid, activitiesMost)
	var before []byte
	if q.Before > 0 {
		before = seqKey(q.Before)
	}
	for _, raw := range t.scanBack(auditLog, nil, before) {
		if err := t.alive(); err != nil {
			return directory.ActivityPage{}, err
		}
		r, err := boltfile.Decode[auditRecord](raw)
		if err != nil {
			return directory.ActivityPage{}, err
		}
		e := r.entry()
		if !asked(q, e) {
			continue
		}
		if len(page.Entries) == limit {
			page.Next = page.Entries[limit-1].Seq
			break
		}
		page.Entries = append(page.Entries, e)
	}
	return page, t.ctx.Err()
}

func asked(q directory.ActivityQuery, e audit.Entry) bool {
	return (q.User == "" || strings.EqualFold(q.User, e.User)) && (q.Key == "" || q.Key == e.Key) &&
		(q.Actor == "" || q.Actor == e.Actor) && (q.Act == "" || q.Act == e.Act) &&
		(q.Since.IsZero() || !e.Time.Before(q.Since)) && (q.Until.IsZero() || e.Time.Before(q.Until))
}
