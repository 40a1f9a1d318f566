package bolt

import (
	"encoding/binary"
	"errors"
	"fmt"

	"tapstation/app/audit"
	"tapstation/app/directory"
	"tapstation/storage/boltfile"
)

func (t *tx) Group(group string) (g directory.Group, err error) {
	defer t.guard(&err)
	key, err := name(group)
	if err != nil {
		return g, directory.ErrNotFound
	}
	r, err := record[groupRecord](t, groups, key)
	return r.group(), err
}

func (t *tx) Groups() (all []directory.Group, err error) {
	defer t.guard(&err)
	for _, raw := range t.scan(groups, nil, nil) {
		if err := t.alive(); err != nil {
			return nil, err
		}
		r, err := boltfile.Decode[groupRecord](raw)
		if err != nil {
			return nil, err
		}
		all = append(all, r.group())
	}
	return all, nil
}

func (t *tx) PutGroup(g directory.Group) (err error) {
	defer t.guard(&err)
	key, err := name(g.Name)
	if err != nil {
		return fmt.Errorf("group: %w", err)
	}
	return keep(t, groups, key, keepGroup(g))
}

func (t *tx) DeleteGroup(group string) (err error) {
	defer t.guard(&err)
	key, err := name(group)
	if err != nil || !t.has(groups, key) {
		return directory.ErrNotFound
	}
	return t.delete(groups, key)
}

func (t *tx) Workspace() (w directory.Workspace, err error) {
	defer t.guard(&err)
	r, err := record[workspaceRecord](t, settings, workspaceKey)
	if errors.Is(err, directory.ErrNotFound) {
		return directory.DefaultWorkspace(), nil
	}
	return r.workspace(), err
}

func (t *tx) PutWorkspace(w directory.Workspace) (err error) {
	defer t.guard(&err)
	return keep(t, settings, workspaceKey, keepWorkspace(w))
}

func (t *tx) Enrollment(userID string) (e directory.Enrollment, err error) {
	defer t.guard(&err)
	key, err := name(userID)
	if err != nil {
		return e, directory.ErrNotFound
	}
	r, err := record[enrollmentRecord](t, enrollments, key)
	return r.enrollment(), err
}

func (t *tx) Enrollments() (all []directory.Enrollment, err error) {
	defer t.guard(&err)
	for _, raw := range t.scan(enrollments, nil, nil) {
		if err := t.alive(); err != nil {
			return nil, err
		}
		r, err := boltfile.Decode[enrollmentRecord](raw)
		if err != nil {
			return nil, err
		}
		all = append(all, r.enrollment())
	}
	return all, nil
}

func (t *tx) PutEnrollment(e directory.Enrollment) (err error) {
	defer t.guard(&err)
	key, err := name(e.UserID)
	if err != nil {
		return fmt.Errorf("user ID: %w", err)
	}
	return keep(t, enrollments, key, keepEnrollment(e))
}

func (t *tx) DeleteEnrollment(userID string) (err error) {
	defer t.guard(&err)
	key, err := name(userID)
	if err != nil || t.writable && !t.has(enrollments, key) {
		return nil
	}
	return t.delete(enrollments, key)
}

const entriesUnsaid, entriesMost = 1000, 10_000

func (t *tx) AuditHead() (h audit.Head, err error) {
	defer t.guard(&err)
	r, err := record[headRecord](t, settings, auditHeadKey)
	if errors.Is(err, directory.ErrNotFound) {
		return h, nil
	}
	return audit.Head(r), err
}

func (t *tx) AppendAudit(e audit.Entry) (err error) {
	defer t.guard(&err)
	head, err := t.AuditHead()
	if err != nil {
		return err
	}
	e, head = head.Link(e)
	if err := keep(t, auditLog, seqKey(e.Seq), keepEntry(e)); err != nil {
		return fmt.Errorf("keep audit entry %d: %w", e.Seq, err)
	}
	if err := t.summarize(e); err != nil {
		return err
	}
	return keep(t, settings, auditHeadKey, headRecord(head))
}

func (t *tx) Audit(q directory.AuditQuery) (entries []audit.Entry, err error) {
	defer t.guard(&err)
	from, limit := q.From, pageLimit(q.Limit, entriesUnsaid, entriesMost)
	if q.Last > 0 {
		if from, limit, err = t.lastEntries(q.Last); err != nil {
			return nil, err
		}
	}
	var after []byte
	if from > 0 {
		after = seqKey(from - 1)
	}
	for _, raw := range t.scan(auditLog, nil, after) {
		if len(entries) == limit {
			break
		}
		if err := t.alive(); err != nil {
			return nil, err
		}
		r, err := boltfile.Decode[auditRecord](raw)
		if err != nil {
			return nil, err
		}
		entries = append(entries, r.entry())
	}
	return entries, nil
}

// lastEntries is where the last n entries begin, found from the end, whatever the head says.
func (t *tx) lastEntries(n int) (from uint64, limit int, err error) {
	limit = pageLimit(n, n, entriesMost)
	b := t.bucket(auditLog)
	if b == nil {
		return 0, limit, nil
	}
	c := b.Cursor()
	k, _ := c.Last()
	for i := 1; i < limit && k != nil; i++ {
		prev, _ := c.Prev()
		if prev == nil {
			break
		}
		k = prev
	}
	if k != nil && len(k) != 8 {
		return 0, 0, fmt.Errorf("%w: an audit entry has no number", directory.ErrDamaged)
	}
	if k != nil {
		from = binary.BigEndian.Uint64(k)
	}
	return from, limit, nil
}

func seqKey(seq uint64) []byte { return binary.BigEndian.AppendUint64(nil, seq) }
