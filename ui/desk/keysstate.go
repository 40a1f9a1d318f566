package desk

import (
	"math"
	"reflect"
	"strconv"
	"strings"
	"time"

	"tapstation/app/directory"
)

// keysState is Security keys as it is now.
type keysState struct {
	listing[directory.KeyRow]
	Query  directory.KeyQuery // what is listed; After and Limit are the listing's affair
	Text   string             // that the holder is searched by; "" for all
	Chosen chosen
}

// ask is s with another query. All that matched another one is then no longer chosen; those named stay.
func (s keysState) ask(q directory.KeyQuery, text string) keysState {
	q.After, q.Limit = "", 0
	before := s.Query
	before.Desc = q.Desc
	if s.Chosen.All && (!reflect.DeepEqual(q, before) || text != s.Text) {
		s.Chosen = chosen{}
	}
	s.Query, s.Text = q, text
	s.first()
	return s
}

// took takes in the answer to question n.
func (s keysState) took(n int, list directory.KeyListing, err error) keysState {
	s.answer(n, list.Rows, func(r directory.KeyRow) string { return r.Key.ID }, list.Next, err)
	return s
}

// filtered tells whether a filter keeps a key from being listed.
func (s keysState) filtered() bool {
	q := s.Query
	q.Desc = false
	return !reflect.DeepEqual(q, directory.KeyQuery{})
}

// Answers to how a key verifies its holder, besides the kinds of verification.
const temporaryPIN = "temporary"

// verifies is the answer that holds.
func verifies(q directory.KeyQuery) string {
	if q.TemporaryPIN {
		return temporaryPIN
	}
	return string(q.Verification)
}

// withVerifies is q with another answer.
func withVerifies(q directory.KeyQuery, id string) directory.KeyQuery {
	q.TemporaryPIN, q.Verification = false, ""
	if id == temporaryPIN {
		q.TemporaryPIN = true
	} else {
		q.Verification = directory.Verification(id)
	}
	return q
}

const day = 24 * time.Hour

// mostDays is the longest time without use that can be asked for.
const mostDays = 3650

// unusedDays is for how many days keys are asked for as unused; 0 where they are not.
func unusedDays(q directory.KeyQuery, now time.Time) int {
	if q.UnusedSince.IsZero() {
		return 0
	}
	return max(int(math.Round(now.Sub(q.UnusedSince).Hours()/24)), 1)
}

// daysTyped is the number of days that words are.
func daysTyped(words string) (int, bool) {
	number, _, _ := strings.Cut(strings.TrimSpace(words), " ")
	n, err := strconv.Atoi(number)
	return n, err == nil && n > 0 && n <= mostDays
}

// withUnused is q for keys that were not used for days; 0: whether they were or not. Only active keys are used.
func withUnused(q directory.KeyQuery, days int, now time.Time) directory.KeyQuery {
	q.UnusedSince = time.Time{}
	if days > 0 {
		q.UnusedSince = now.Add(-time.Duration(days) * day)
	}
	return q
}

// chosenCount is how many are chosen, where that is known.
func (s keysState) chosenCount() (n int, known bool) {
	total := -1
	if s.Known && s.Rows.end && !s.Asking {
		total = s.Rows.count()
	}
	return s.Chosen.count(total)
}
