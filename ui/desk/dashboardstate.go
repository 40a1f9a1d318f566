package desk

import (
	"time"

	"tapstation/app/directory"
	"tapstation/assets/text"
	"tapstation/ui/chart"
	"tapstation/ui/widget"
)

const (
	chartDays   = 30
	pendingLong = 7 * 24 * time.Hour
	// countAgain is how long figures stand before they are counted again.
	countAgain = 30 * time.Second
)

// dashboardState is what the dashboard shows.
type dashboardState struct {
	Asked   int // number of the last question; answers to earlier ones are stale
	Known   bool
	Slow    bool
	Failed  error
	Query   directory.StatisticsQuery // that Figures answer
	Figures directory.Statistics
	Mail    directory.MailFigures
}

// statisticsOn asks for the figures of a moment: the last days as the clock on the wall has them, today's the last.
func statisticsOn(now time.Time) directory.StatisticsQuery {
	q := directory.StatisticsQuery{PendingBefore: now.Add(-pendingLong)}
	year, month, day := now.Local().Date()
	for i := 1 - chartDays; i <= 1; i++ {
		q.Days = append(q.Days, time.Date(year, month, day+i, 0, 0, 0, 0, time.Local))
	}
	return q
}

// lonely tells whether nobody is here but the owner, who has just been set up.
func (s dashboardState) lonely() bool { return s.Figures.Users <= 1 && len(s.Figures.Keys) == 0 }

// bars are the activations for the chart. Every seventh day is named, today first among them.
func (s dashboardState) bars() []chart.Bar {
	var bars []chart.Bar
	for i, n := range s.Figures.Activations {
		day := s.Query.Days[i]
		b := chart.Bar{Value: n, Words: text.N("dashboard.chart_bar", n, "Day", text.Date(day))}
		if (len(s.Figures.Activations)-1-i)%7 == 0 {
			b.Tick = text.Day(day)
		}
		bars = append(bars, b)
	}
	return bars
}

// activations are how many there were in all the days of the chart.
func (s dashboardState) activations() int {
	sum := 0
	for _, n := range s.Figures.Activations {
		sum += n
	}
	return sum
}

// count is one figure of the dashboard, and the list behind it.
type count struct {
	sign  widget.Sign
	of    func(directory.Statistics) int
	users func() directory.UserQuery // either this
	keys  func() directory.KeyQuery  // or this
}

// mailCount is one figure of the outbox, and the list behind it.
type mailCount struct {
	sign  widget.Sign
	of    func(directory.MailFigures) int
	mails func() directory.MessageQuery
}

// mails tells whether anything was ever mailed.
func (s dashboardState) mails() bool {
	for _, n := range s.Mail.States {
		if n > 0 {
			return true
		}
	}
	return false
}
