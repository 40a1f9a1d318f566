package bulk

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"

	"tapstation/app/directory"
)

// Plan tries an import and tells what it would do, without changing anything. It fails with ErrEmpty, ErrNoUsers,
// ErrNoID, ErrColumns, ErrTooMany, *HeaderError, *directory.InvalidError (Options.Groups) and *directory.ForbiddenError.
// What is wrong with single lines is no failure, but stands in the plan.
func (im *Import) Plan(ctx context.Context, by string, f File, o Options, progress func(Progress)) (Plan, error) {
	if err := checkGroups(o.Groups); err != nil {
		return Plan{}, err
	}
	if o.Columns == nil {
		l, err := im.Inspect(ctx, f)
		if err != nil {
			return Plan{}, err
		}
		o.Columns = l.Columns
	}
	if _, ok := o.Columns[UserID]; !ok {
		return Plan{}, ErrNoID
	}
	t, err := openTable(ctx, f, o.Columns)
	if err != nil {
		return Plan{}, err
	}
	defer t.close()
	p := planning{im: im, by: by, t: t, options: o, seen: map[fingerprint]uint32{}, plan: Plan{format: t.format, options: o}}
	for end := false; !end; {
		if end, err = p.batch(ctx); err != nil {
			return Plan{}, err
		}
		if progress != nil {
			progress(Progress{Lines: t.lines, Bytes: t.file.read, Size: f.Size})
		}
	}
	if t.lines == 0 {
		return Plan{}, ErrNoUsers
	}
	p.plan.NewGroups = p.book.NewGroups()
	p.plan.digest = t.file.sum()
	return p.plan, nil
}

// checkGroups: the groups for all, before any line is looked at.
func checkGroups(groups []string) error {
	u := directory.User{ID: "x", Groups: groups}
	if wrong := directory.Validate(u); len(wrong) > 0 {
		return fmt.Errorf("groups for all users: %w", &directory.InvalidError{Fields: wrong})
	}
	return nil
}

// fingerprint stands for a User ID whatever its case. Of two million, two are alike once in 10^26 files.
type fingerprint [16]byte

func fingerprintOf(id string) fingerprint {
	sum := sha256.Sum256([]byte(directory.Fold(id)))
	return fingerprint(sum[:16])
}

// planning is a plan being made.
type planning struct {
	im      *Import
	by      string
	t       *table
	options Options
	seen    map[fingerprint]uint32 // the line of each User ID
	book    directory.GroupBook
	plan    Plan
}

// batch takes the next lines.
func (p *planning) batch(ctx context.Context) (end bool, err error) {
	var (
		lines []line
		rows  []directory.ImportRow // of those lines that are not refused yet
	)
	for len(lines) < directory.ImportBatch {
		l, err := p.t.next()
		if errors.Is(err, io.EOF) {
			end = true
			break
		}
		if err != nil {
			return false, err
		}
		p.once(&l)
		if len(l.refusals) == 0 {
			rows = append(rows, l.row)
		}
		lines = append(lines, l)
	}
	all, err := p.im.Directory.CompareImport(ctx, p.by, rows, p.options.rules(), &p.book)
	if err != nil {
		return false, err
	}
	for _, l := range lines {
		var c directory.Compared
		if len(l.refusals) == 0 {
			c, all = all[0], all[1:]
			l.refusals = p.t.wrong(l, c.Wrong)
		}
		p.count(l, c)
	}
	return end, nil
}

func (o Options) rules() directory.ImportRules {
	return directory.ImportRules{Groups: o.Groups, Existing: o.Existing}
}

// once refuses a line whose User ID stands in an earlier one.
func (p *planning) once(l *line) {
	if l.row.User.ID == "" || len(l.refusals) > 0 {
		return
	}
	id := fingerprintOf(l.row.User.ID)
	if first, twice := p.seen[id]; twice {
		r := p.t.refusal(l.number, p.t.columns[UserID], Duplicate, l.row.User.ID)
		r.Other = int(first)
		l.refusals = append(l.refusals, r)
		return
	}
	p.seen[id] = uint32(min(l.number, 1<<32-1))
}

func (p *planning) count(l line, c directory.Compared) {
	if l.short {
		p.plan.Short++
	}
	if len(l.refusals) > 0 {
		p.plan.Refused++
		room := max(0, maxRefusals-len(p.plan.Refusals))
		p.plan.Refusals = append(p.plan.Refusals, l.refusals[:min(room, len(l.refusals))]...)
		return
	}
	switch c.Outcome {
	case directory.WillCreate:
		p.plan.Created++
	case directory.WillChange:
		p.plan.Changed++
	default:
		p.plan.Unchanged++
	}
	if len(p.plan.Samples) < maxSamples {
		p.plan.Samples = append(p.plan.Samples, Sample{Line: l.number, Outcome: c.Outcome, User: c.User, Fields: c.Fields})
	}
}
