package activation_test

import (
	"slices"
	"testing"
	"time"

	"tapstation/app/activation"
	"tapstation/app/directory"
)

// The budgets: keys are assigned faster than mails leave, and a window that shows a page meanwhile waits for no longer
// than people notice.
const (
	speedBudget = 1000 // users/s
	lookBudget  = 150 * time.Millisecond
)

// BenchmarkAssignAll assigns keys to ten thousand users, while a window shows page after page.
func BenchmarkAssignAll(b *testing.B) {
	const many = 10_000
	var looks []time.Duration
	for b.Loop() {
		b.StopTimer()
		d := openDesk(b, b.TempDir())
		w := directory.DefaultWorkspace()
		w.Mail.Host, w.Mail.From, w.Portal.URL = "mail.example.org", "keys@example.org", "https://keys.example.org"
		d.update(func(tx directory.Tx) error { return tx.PutWorkspace(w) })
		ids := d.fill(many)
		end, ended := make(chan struct{}), make(chan []time.Duration)
		go func() { ended <- d.looks(end) }()
		b.StartTimer()
		report, err := d.tickets.AssignAll(b.Context(), activation.BulkAssignment{Users: activation.Users(ids), Actor: by}, nil)
		if err != nil || report.Assigned != many {
			b.Fatalf("assigned %+v, %v, want %d", report, err, many)
		}
		b.StopTimer()
		close(end)
		looks = append(looks, <-ended...)
		b.StartTimer()
	}
	speed := float64(many*b.N) / b.Elapsed().Seconds()
	b.ReportMetric(speed, "users/s")
	b.ReportMetric(speedBudget, "users/s-budget")
	slices.Sort(looks)
	most := looks[len(looks)*99/100] // the rest is the disk's
	b.ReportMetric(float64(most.Milliseconds()), "ms-p99-page")
	b.ReportMetric(float64(lookBudget.Milliseconds()), "ms-p99-page-budget")
	b.ReportMetric(float64(looks[len(looks)-1].Milliseconds()), "ms-slowest-page")
	if speed < speedBudget || most > lookBudget {
		b.Errorf("%.0f users/s and 99 of 100 pages within %v, over the budget of %d and %v", speed, most, speedBudget, lookBudget)
	}
}

// looks shows pages of users, twenty times a second, and tells how long each took.
func (d *desk) looks(end <-chan struct{}) (took []time.Duration) {
	tick := time.NewTicker(50 * time.Millisecond)
	defer tick.Stop()
	for {
		begun := time.Now()
		if _, err := d.dir.Users(d.ctx(), directory.UserQuery{Limit: 50}); err != nil {
			d.t.Error(err)
		}
		took = append(took, time.Since(begun))
		select {
		case <-end:
			return took
		case <-tick.C:
		}
	}
}
