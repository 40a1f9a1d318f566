package directory

import "context"

// Statistics are the counts a dashboard shows.
func (d *Directory) Statistics(ctx context.Context, q StatisticsQuery) (Statistics, error) {
	var s Statistics
	err := d.Store.View(ctx, func(tx Tx) (err error) {
		s, err = tx.Statistics(q)
		return err
	})
	return s, err
}
