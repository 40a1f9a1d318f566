package desk

import (
	"strconv"
	"strings"
	"time"

	"tapstation/app/audit"
	"tapstation/app/directory"
)

// period is how far back activities are shown.
type period string

// Periods.
const (
	everPeriod  period = ""
	todayPeriod period = "today"
	weekPeriod  period = "week"
	monthPeriod period = "month"
)

var periods = []period{todayPeriod, weekPeriod, monthPeriod}

// since is when a period begins, by the clock on the wall; zero: at the beginning of time.
func (p period) since(now time.Time) time.Time {
	year, month, day := now.Local().Date()
	midnight := time.Date(year, month, day, 0, 0, 0, 0, time.Local)
	switch p {
	case todayPeriod:
		return midnight
	case weekPeriod:
		return midnight.AddDate(0, 0, -6)
	case monthPeriod:
		return midnight.AddDate(0, 0, -29)
	}
	return time.Time{}
}

// activitiesState is what is asked of the audit log, and what came of it.
type activitiesState struct {
	listing[audit.Entry]
	Query directory.ActivityQuery // without the period
	Back  period

	whom

	Actors []string // who is known to have done something
	Fixed  bool     // the times of Query hold, not Back
}

// question is what is being asked.
func (s *activitiesState) question(now time.Time) directory.ActivityQuery {
	q := s.Query
	if !s.Fixed {
		q.Since = s.Back.since(now)
	}
	if after := s.after(); after != "" {
		q.Before, _ = strconv.ParseUint(after, 10, 64) // it is what answer made of a number
	}
	return q
}

// answer takes in the answer to question n.
func (s *activitiesState) answer(n int, page directory.ActivityPage, err error) {
	next := ""
	if page.Next > 0 {
		next = strconv.FormatUint(page.Next, 10)
	}
	if !s.listing.answer(n, page.Entries, entryPlace, next, err) {
		return
	}
	for _, e := range page.Entries {
		s.knowActor(e.Actor)
	}
}

// entryPlace tells entries apart.
func entryPlace(e audit.Entry) string { return strconv.FormatUint(e.Seq, 10) }

func (s *activitiesState) knowActor(by string) {
	for _, a := range s.Actors {
		if a == by {
			return
		}
	}
	s.Actors = append(s.Actors, by)
}

// meant takes in who the words typed may mean.
func (s *activitiesState) meant(users []directory.User) (changed bool) {
	user := s.whom.meant(users, s.Query.User)
	changed = user != s.Query.User
	s.Query.User = user
	return changed
}

// narrowed tells whether only some of the activities are asked for.
func (s *activitiesState) narrowed() bool {
	return s.Query != (directory.ActivityQuery{}) || s.Back != everPeriod || strings.TrimSpace(s.Typed) != ""
}
