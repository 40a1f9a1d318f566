package bulk

import (
	"context"
	"errors"
	"io"
	"iter"
)

// Users are the User IDs in a file that was imported by a plan, in their order: for what is to be done with all of them
// afterwards. They end with an error where the file cannot be read, and with ErrChanged where it is another one by now.
func (im *Import) Users(ctx context.Context, f File, p Plan) iter.Seq2[string, error] {
	return func(yield func(string, error) bool) {
		if p.digest == [32]byte{} {
			yield("", errPlan)
			return
		}
		f.Format = p.format
		t, err := openTable(ctx, f, p.options.Columns)
		if err != nil {
			yield("", err)
			return
		}
		defer t.close()
		for {
			l, err := t.next()
			switch {
			case errors.Is(err, io.EOF):
				if t.file.sum() != p.digest {
					yield("", ErrChanged)
				}
				return
			case err == nil && len(l.refusals) > 0:
				err = ErrChanged // the plan had none
			}
			if err != nil {
				yield("", err)
				return
			}
			if !yield(l.row.User.ID, nil) {
				return
			}
		}
	}
}
