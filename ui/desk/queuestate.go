package desk

import (
	"fmt"
	"strings"

	"tapstation/app/directory"
	csv "tapstation/app/sheet"
	"tapstation/assets/text"
	"tapstation/ui/wording"
)

// queueState is people who are enrolled one after another, and how far that is.
type queueState struct {
	People   []person
	Results  []queueResult // of those who had their turn, in the same order
	LeaveOut bool          // whoever has an active key already
	Begun    bool
	Ended    bool // stopped, or all had their turn
}

// queueResult is what came of somebody's turn.
type queueResult struct {
	Outcome outcome
	Key     directory.SecurityKey // Enrolled
	Err     error                 // NotEnrolled; may be nil
	Left    bool                  // the card may have been changed: the same card can finish it
}

// outcome is how a turn ended.
type outcome int

// Outcomes.
const (
	notReached outcome = iota
	enrolledKey
	skipped
	hadOne // an active key already
	notEnrolled
)

// at is whose turn it is: an index of People.
func (s queueState) at() int { return len(s.Results) }

// over tells whether nobody has a turn any more.
func (s queueState) over() bool { return s.Ended || s.at() >= len(s.People) }

// now is whose turn it is.
func (s queueState) now() (person, bool) {
	if s.over() {
		return person{}, false
	}
	return s.People[s.at()], true
}

// next is s after a turn has ended with r.
func (s queueState) next(r queueResult) queueState {
	if s.over() {
		return s
	}
	s.Results = append(s.Results[:len(s.Results):len(s.Results)], r)
	s.Ended = len(s.Results) == len(s.People)
	return s
}

// stop ends it; those who had no turn stay as they are.
func (s queueState) stop() queueState {
	s.Ended = true
	return s
}

// result is what came of somebody's turn; notReached where there was none.
func (s queueState) result(i int) queueResult {
	if i < len(s.Results) {
		return s.Results[i]
	}
	return queueResult{}
}

// counts is how many had each outcome.
func (s queueState) counts() map[outcome]int {
	n := map[outcome]int{notReached: len(s.People) - len(s.Results)}
	for _, r := range s.Results {
		n[r.Outcome]++
	}
	return n
}

// word is an outcome in a word.
func (o outcome) word() string {
	switch o {
	case enrolledKey:
		return text.T("queue.outcome.enrolled")
	case skipped:
		return text.T("queue.outcome.skipped")
	case hadOne:
		return text.T("queue.outcome.had_one")
	case notEnrolled:
		return text.T("queue.outcome.failed")
	}
	return text.T("queue.outcome.not_reached")
}

// more is what else there is to say of a result: the key's name, or the reason.
func (r queueResult) more() string {
	var parts []string
	if r.Outcome == enrolledKey {
		parts = append(parts, r.Key.Name)
	}
	if r.Err != nil {
		parts = append(parts, wording.Error(r.Err).Title)
	}
	if r.Left {
		parts = append(parts, text.T("queue.left"))
	}
	return strings.Join(parts, ". ")
}

// report is everybody with what came of it, as a table with tabs between the columns, which can be pasted anywhere: no
// spreadsheet runs a cell of it.
func (s queueState) report() (string, error) {
	var b strings.Builder
	w, err := csv.NewWriter(&b, '\t', false)
	if err != nil {
		return "", fmt.Errorf("report of the queue: %w", err)
	}
	err = w.Write(text.T("users.column.id"), text.T("users.column.name"), text.T("queue.column.outcome"), text.T("queue.column.more"))
	for i, who := range s.People {
		if err == nil {
			r := s.result(i)
			err = w.Write(who.ID, who.Name, r.Outcome.word(), r.more())
		}
	}
	if err == nil {
		err = w.Flush()
	}
	if err != nil {
		return "", fmt.Errorf("report of the queue: %w", err)
	}
	return b.String(), nil
}
