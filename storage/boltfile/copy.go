package boltfile

import (
	"context"
	"errors"
	"fmt"
	"hash/maphash"
	"io"
	"os"
	"runtime/debug"
	"time"

	"go.etcd.io/bbolt"

	"tapstation/app/directory"
)

// A copy must be of one moment, and a large file takes longer to copy than writers may wait. So it is copied while
// nobody is kept out; when a look at the file afterwards tells that nothing was kept meanwhile, the copy is good. Else
// what has changed is copied after it. Where writers never pause, the last of that is done with them kept out, which
// takes no longer than to read the file through.
const (
	freePasses = 3
	// heldMost bounds how long writers are kept out; they have patience for longer.
	heldMost = 2 * time.Second
	readSize = 1 << 20
	// partSize is how much is copied again when a byte of it has changed.
	partSize = 64 << 10
)

var errAnother = errors.New("another file is in its place")

// Copy copies the file, as it is at one moment, into to, while other programs go on reading and writing. Progress
// is told in bytes and may go over them more than once. Where there is no file, it fails with fs.ErrNotExist; where
// writers would have to wait for too long, with directory.ErrBusy.
func (f *File) Copy(ctx context.Context, to *os.File, progress func(done, size int64)) error {
	for {
		err := f.copyOnce(ctx, to, progress)
		if !errors.Is(err, errAnother) {
			return err
		}
		if err := to.Truncate(0); err != nil {
			return err
		}
	}
}

func (f *File) copyOnce(ctx context.Context, to *os.File, progress func(done, size int64)) error {
	from, err := os.Open(f.path)
	if err != nil {
		return f.wrap(err)
	}
	defer from.Close()
	c := &copying{ctx: ctx, from: from, to: to, progress: progress, seed: maphash.MakeSeed(), buffer: make([]byte, readSize)}
	at, err := f.moment(ctx, from)
	if err != nil {
		return err
	}
	for range freePasses {
		if err := c.pass(at.size, time.Time{}); err != nil {
			return f.wrap(err)
		}
		now, err := f.moment(ctx, from)
		if err != nil {
			return err
		}
		if now == at {
			return c.cut(at.size)
		}
		at = now
	}
	return f.held(ctx, from, func(tx *bbolt.Tx) error {
		if err := c.pass(tx.Size(), time.Now().Add(heldMost)); err != nil {
			return f.wrap(err)
		}
		return c.cut(tx.Size())
	})
}

// moment is what a file is at one moment: two looks that give the same saw the same file.
type moment struct {
	commit int   // counts what was kept
	size   int64 // in bytes, of what is in use
}

func (f *File) moment(ctx context.Context, file *os.File) (m moment, err error) {
	err = f.held(ctx, file, func(tx *bbolt.Tx) error {
		m = moment{tx.ID(), tx.Size()}
		return nil
	})
	return m, err
}

// held runs do while no writer can be at the file, and fails with errAnother when the file is not the one in its place
// any more.
func (f *File) held(ctx context.Context, file *os.File, do func(*bbolt.Tx) error) error {
	h, leave, err := f.enter(ctx, false)
	if err != nil {
		if leave != nil {
			leave()
		}
		return err
	}
	defer leave()
	defer debug.SetPanicOnFault(debug.SetPanicOnFault(true))
	defer h.close()
	mine, err := file.Stat()
	if err != nil {
		return err
	}
	there, err := h.file.Stat()
	if err != nil {
		return err
	}
	if !os.SameFile(mine, there) {
		return errAnother
	}
	tx, err := h.begin(false)
	if err != nil {
		return f.wrap(err)
	}
	return do(tx)
}

// copying is a file being copied, with what is known of the parts copied so far.
type copying struct {
	ctx      context.Context
	from, to *os.File
	progress func(done, size int64)
	seed     maphash.Seed
	sums     []uint64 // one for each part
	buffer   []byte
}

// pass copies what has changed since the last one, until a time when one is given.
func (c *copying) pass(size int64, until time.Time) error {
	for at := int64(0); at < size; {
		if err := c.ctx.Err(); err != nil {
			return err
		}
		if !until.IsZero() && time.Now().After(until) {
			return fmt.Errorf("too much is written for a copy: %w", directory.ErrBusy)
		}
		n := int(min(int64(len(c.buffer)), size-at))
		if _, err := c.from.ReadAt(c.buffer[:n], at); errors.Is(err, io.EOF) {
			return fmt.Errorf("%w: it ends before byte %d", directory.ErrDamaged, size)
		} else if err != nil {
			return err
		}
		for i := 0; i < n; i += partSize {
			if err := c.part(c.buffer[i:min(i+partSize, n)], at+int64(i)); err != nil {
				return err
			}
		}
		at += int64(n)
		if c.progress != nil {
			c.progress(at, size)
		}
	}
	return nil
}

func (c *copying) part(b []byte, at int64) error {
	sum := maphash.Bytes(c.seed, b)
	i := int(at / partSize)
	if i < len(c.sums) && c.sums[i] == sum {
		return nil
	}
	if _, err := c.to.WriteAt(b, at); err != nil {
		return fmt.Errorf("write the copy: %w", err)
	}
	if i == len(c.sums) {
		c.sums = append(c.sums, 0)
	}
	c.sums[i] = sum
	return nil
}

// cut ends the copy where the file ends.
func (c *copying) cut(size int64) error {
	if err := c.to.Truncate(size); err != nil {
		return fmt.Errorf("write the copy: %w", err)
	}
	return nil
}
