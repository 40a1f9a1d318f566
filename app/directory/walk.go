package directory

import "context"

// EachUser goes through the users that match, in their order, and hands them to do, at most 1,000 at a time. Each page is a
// look of its own, so that nobody is kept out meanwhile: users may come and go between one page and the next, and do
// may change those it is given. It ends with the error of do.
func (d *Directory) EachUser(ctx context.Context, q UserQuery, do func([]User) error) error {
	q.After, q.Limit = "", 1000
	for {
		var page UserPage
		err := d.Store.View(ctx, func(tx Tx) (err error) {
			page, err = tx.Users(q)
			return err
		})
		if err != nil {
			return err
		}
		if err := do(page.Users); err != nil {
			return err
		}
		if page.Next == "" {
			return nil
		}
		if err := ctx.Err(); err != nil {
			return err
		}
		q.After = page.Next
	}
}
