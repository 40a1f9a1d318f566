package desk

// listing is what a page knows of its list, and what it asks for.
type listing[T any] struct {
	Rows   paged[T]
	Asked  int  // the number of the last question; answers to earlier ones are stale
	Asking bool // Asked is not answered yet
	Waited int  // seconds, while Asking; -1 while it is too short to speak of
	Known  bool // Rows answer some question
	Failed error

	anew  bool // the answer takes the place of all rows
	sheet int  // the page asked for
	seen  int  // the row that came into view last
}

// first asks for the first page of what is now to be listed.
func (l *listing[T]) first() { l.ask(0, true) }

// again asks anew for what is seen; the rest follows as it comes into view.
func (l *listing[T]) again() {
	if !l.Known || l.Failed != nil && l.anew || l.Rows.count() == 0 {
		l.first()
		return
	}
	l.Rows.outdate()
	l.ask(min(l.Rows.sheetOf(l.seen), len(l.Rows.sheets)-1), false)
}

// more asks for the page after the last, if there is one and nothing is being asked already.
func (l *listing[T]) more() bool {
	if l.Asking || l.Failed != nil || !l.Known || l.Rows.end {
		return false
	}
	l.ask(len(l.Rows.sheets), false)
	return true
}

// see asks for what a row lacks that has come into view, if nothing is being asked already.
func (l *listing[T]) see(row int) bool {
	l.seen = row
	sheet, lacks := l.Rows.lacks(row)
	if l.Asking || l.Failed != nil || !lacks {
		return false
	}
	l.ask(sheet, false)
	return true
}

// retry asks again what was not answered.
func (l *listing[T]) retry() { l.ask(l.sheet, l.anew) }

func (l *listing[T]) ask(sheet int, anew bool) {
	l.Asked++
	l.Asking, l.Waited, l.Failed, l.sheet, l.anew = true, -1, nil, sheet, anew
}

// after is where the page asked for begins.
func (l *listing[T]) after() string {
	if l.anew {
		return ""
	}
	return l.Rows.after(l.sheet)
}

// drop makes what is still on its way stale.
func (l *listing[T]) drop() {
	l.Asked++
	l.Asking = false
}

// waited tells that question n has been waiting for seconds (0: long enough to say so).
func (l *listing[T]) waited(n, seconds int) {
	if n == l.Asked && l.Asking {
		l.Waited = seconds
	}
}

// answer takes in the answer to question n; it tells whether n was the last question.
func (l *listing[T]) answer(n int, rows []T, id func(T) string, next string, err error) bool {
	if n != l.Asked {
		return false
	}
	l.Asking, l.Waited, l.Failed = false, -1, err
	if err != nil {
		return true
	}
	if l.anew {
		l.Rows, l.seen = paged[T]{}, 0
	}
	l.Rows.put(l.sheet, rows, id, next)
	l.Known = true
	return true
}
