package bulk

import (
	"context"
	"errors"
	"fmt"
	"io"
	"reflect"
	"time"

	"tapstation/app/directory"
)

// patience is how often a batch is tried while another program works on the data folder; each try waits by itself.
const patience = 20

// lease is how long an import may stand still before it counts as abandoned, where no claim tells.
const lease = 2 * time.Minute

// Apply does what Plan planned for this file with these options: all of it or nothing, also when ctx ends. What the
// directory looks like by now counts, so that the result can differ from the plan where somebody has changed it
// meanwhile. It fails with *RefusedError, ErrChanged, *directory.ImportingError, *directory.ForbiddenError, and with
// *UndoneError around these and others once there was something to take back.
func (im *Import) Apply(ctx context.Context, by string, f File, o Options, p Plan, progress func(Progress)) (Result, error) {
	if o.Columns == nil {
		o.Columns = p.options.Columns
	}
	switch {
	case p.digest == [32]byte{} || !reflect.DeepEqual(o, p.options):
		return Result{}, errPlan
	case p.Refused > 0:
		return Result{}, &RefusedError{Plan: p}
	}
	if progress == nil {
		progress = func(Progress) {}
	}
	release, err := im.hold(ctx, progress)
	if err != nil {
		return Result{}, err
	}
	// That a claim could not be given back changes nothing about what was imported; it ends with the process.
	defer func() { _ = release() }()
	return im.apply(ctx, by, f, p, progress)
}

func (im *Import) apply(ctx context.Context, by string, f File, p Plan, progress func(Progress)) (Result, error) {
	// A file that has changed is best found before anything is done.
	sum, err := sumOf(ctx, f)
	if err != nil {
		return Result{}, err
	}
	if sum != p.digest {
		return Result{}, ErrChanged
	}
	i, err := im.rows(ctx, by, f, p, progress)
	if err == nil {
		return Result{Created: i.Created, Changed: i.Changed, Unchanged: i.Unchanged}, nil
	}
	reason := directory.ImportFailed
	if ended := ctx.Err(); ended != nil {
		reason, err = directory.ImportCancelled, fmt.Errorf("the import was stopped: %w", ended)
	}
	// Whoever cancels wants nothing of it to stay.
	undone, undo := im.undo(context.WithoutCancel(ctx), by, i.ID, reason, progress)
	if errors.Is(undo, directory.ErrNotFound) {
		return Result{}, err // nothing was kept
	}
	return Result{}, &UndoneError{Cause: err, Import: undone, Undo: undo}
}

// rows imports the lines of a file, batch by batch. The last batch is known by reading ahead: with it the import ends,
// if the file was what was planned.
func (im *Import) rows(ctx context.Context, by string, f File, p Plan, progress func(Progress)) (directory.Import, error) {
	i := directory.NewImport(by, f.Name)
	f.Format = p.format
	t, err := openTable(ctx, f, p.options.Columns)
	if err != nil {
		return i, err
	}
	defer t.close()
	lines, ended, err := t.batch()
	for err == nil {
		var next []line
		last := ended
		if !last {
			next, ended, err = t.batch()
			last = ended && len(next) == 0
		}
		if last && t.file.sum() != p.digest {
			err = ErrChanged
		}
		if err != nil {
			break
		}
		if i, err = im.keep(ctx, by, i, t, lines, p.options, last); err != nil || last {
			break
		}
		progress(Progress{Lines: i.Created + i.Changed + i.Unchanged, Bytes: t.file.read, Size: f.Size})
		lines = next
	}
	return i, err
}

// batch is the next lines; ended: there are no more after them.
func (t *table) batch() (lines []line, ended bool, err error) {
	for len(lines) < directory.ImportBatch {
		l, err := t.next()
		if errors.Is(err, io.EOF) {
			return lines, true, nil
		}
		if err != nil {
			return nil, false, err
		}
		if len(l.refusals) > 0 {
			return nil, false, ErrChanged // the plan had none
		}
		lines = append(lines, l)
	}
	return lines, false, nil
}

// keep imports a batch, and waits for other programs that have the data folder.
func (im *Import) keep(ctx context.Context, by string, i directory.Import, t *table, lines []line, o Options, last bool) (directory.Import, error) {
	rows := make([]directory.ImportRow, len(lines))
	for n, l := range lines {
		rows[n] = l.row
	}
	var err error
	for range patience {
		var next directory.Import
		next, err = im.Directory.ImportRows(ctx, by, i, rows, o.rules(), last)
		if err == nil {
			return next, nil
		}
		if !errors.Is(err, directory.ErrBusy) {
			break
		}
	}
	var refused *directory.RowRefusedError
	if errors.As(err, &refused) {
		l := lines[refused.Row]
		err = &RefusedError{Plan: Plan{Refused: 1, Refusals: t.wrong(l, refused.Wrong), Unchanged: i.Created + i.Changed + i.Unchanged}}
	}
	return i, err
}

// undo takes an import back, however long other programs keep it waiting.
func (im *Import) undo(ctx context.Context, by, id, reason string, progress func(Progress)) (i directory.Import, err error) {
	for range patience {
		i, err = im.Directory.UndoImport(ctx, by, id, reason, func(left int) { progress(Progress{Lines: left, Undoing: true}) })
		if !errors.Is(err, directory.ErrBusy) {
			break
		}
	}
	return i, err
}

// hold keeps other imports out until release, and takes back one whose process is gone.
func (im *Import) hold(ctx context.Context, progress func(Progress)) (release func() error, err error) {
	release = func() error { return nil }
	if im.Claim != nil {
		if release, err = im.Claim(); err != nil {
			return nil, im.held(ctx, err)
		}
	}
	if err := im.takeBack(ctx, progress); err != nil {
		return nil, errors.Join(err, release())
	}
	return release, nil
}

// held says whose import it is that keeps this one out.
func (im *Import) held(ctx context.Context, err error) error {
	var held *directory.HeldError
	if !errors.As(err, &held) {
		return fmt.Errorf("begin the import: %w", err)
	}
	i, lookErr := im.Directory.ImportUnderWay(ctx)
	if lookErr != nil && !errors.Is(lookErr, directory.ErrNotFound) {
		return errors.Join(err, lookErr)
	}
	return &directory.ImportingError{Import: i, Held: held}
}

// takeBack takes back the import that somebody left unfinished. Without a claim only time tells: *ImportingError when it
// may still go on.
func (im *Import) takeBack(ctx context.Context, progress func(Progress)) error {
	i, err := im.Directory.ImportUnderWay(ctx)
	if errors.Is(err, directory.ErrNotFound) {
		return nil
	}
	if err != nil {
		return err
	}
	if im.Claim == nil && im.now().Sub(i.Renewed) < lease {
		return &directory.ImportingError{Import: i}
	}
	_, err = im.undo(ctx, directory.StationActor, i.ID, directory.ImportAbandoned, progress)
	if errors.Is(err, directory.ErrNotFound) {
		return nil // somebody else has just done it
	}
	return err
}

// Recover takes back an import whose process is gone. It is called at every start, and does nothing while the import is
// still going on. progress, which may be nil, is told while there is something to take back.
func (im *Import) Recover(ctx context.Context, progress func(Progress)) error {
	if progress == nil {
		progress = func(Progress) {}
	}
	if there, err := im.Directory.Exists(ctx); err != nil || !there {
		return err
	}
	// Nearly always there is none, and nothing has to be claimed.
	if _, err := im.Directory.ImportUnderWay(ctx); err != nil {
		if errors.Is(err, directory.ErrNotFound) {
			return nil
		}
		return err
	}
	release, err := im.hold(ctx, progress)
	if errors.Is(err, directory.ErrImporting) {
		return nil
	}
	if err != nil {
		return err
	}
	return release()
}
