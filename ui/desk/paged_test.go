package desk

import (
	"errors"
	"fmt"
	"testing"
)

// page10 is the page of ten that begins at a row, of n numbered rows.
func page10(from, n int) (rows []int, next string) {
	for i := from; i < min(from+10, n); i++ {
		rows = append(rows, i)
	}
	if from+10 < n {
		next = fmt.Sprint(from + 10)
	}
	return rows, next
}

func number(i int) string { return fmt.Sprint("id", i) }

// fill asks l until there is no more, as somebody would who goes to the end.
func fill(l *listing[int], n int) {
	l.first()
	for {
		from := 0
		if a := l.after(); a != "" {
			_, _ = fmt.Sscan(a, &from)
		}
		rows, next := page10(from, n)
		l.answer(l.Asked, rows, number, next, nil)
		if !l.more() {
			return
		}
	}
}

func TestManyRowsAreKnownButFewAreKept(t *testing.T) {
	const n = 100_000
	l := &listing[int]{}
	fill(l, n)
	if got := l.Rows.count(); got != n || !l.Rows.end {
		t.Fatalf("%d rows are known, want %d and the end", got, n)
	}
	whole := 0
	for _, s := range l.Rows.sheets {
		if s.rows != nil {
			whole++
		}
	}
	if whole > kept+1 {
		t.Errorf("%d pages are kept whole, want at most %d", whole, kept+1)
	}
	if got := l.Rows.id(12_345); got != "id12345" {
		t.Errorf("row 12345 is %q, want that it is still known whose it is", got)
	}
	if _, ok := l.Rows.at(12_345); ok {
		t.Error("row 12345 is still kept, far from what was seen last")
	}
	if !l.see(12_345) {
		t.Fatal("a row that is not kept is not asked for when it comes into view")
	}
	if got := l.after(); got != "12340" {
		t.Errorf("asked is for what comes after %q, want 12340", got)
	}
	rows, next := page10(12_340, n)
	l.answer(l.Asked, rows, number, next, nil)
	if r, ok := l.Rows.at(12_345); !ok || r != 12_345 {
		t.Errorf("row 12345 is %d (%v) after its page came", r, ok)
	}
	if got := l.Rows.count(); got != n {
		t.Errorf("after that there are %d rows, want %d", got, n)
	}
}

func TestPageThatHasChangedMovesThoseAfterIt(t *testing.T) {
	l := &listing[int]{}
	fill(l, 40)
	l.see(15)
	l.again()
	if got := l.after(); got != "10" {
		t.Fatalf("asked again is after %q, want the page that is seen, 10", got)
	}
	// One row of it is gone, so it ends elsewhere.
	l.answer(l.Asked, []int{10, 11, 12, 13, 14, 15, 16, 17, 18, 20}, number, "21", nil)
	if got := l.Rows.id(19); got != "id20" {
		t.Errorf("row 19 is %s, want id20", got)
	}
	if !l.see(25) || l.after() != "21" {
		t.Errorf("the next page is asked for after %q, want 21", l.after())
	}
	l.answer(l.Asked, nil, number, "", nil)
	if got := l.Rows.count(); got != 20 || !l.Rows.end {
		t.Errorf("the rest is gone, and %d rows are left, want 20", got)
	}
}

func TestRowsStayWhenAFurtherPageFails(t *testing.T) {
	l := &listing[int]{}
	l.first()
	rows, next := page10(0, 30)
	l.answer(l.Asked, rows, number, next, nil)
	l.more()
	l.answer(l.Asked, nil, number, "", errors.New("busy"))
	if l.Rows.count() != 10 || l.Failed == nil {
		t.Fatal("a page that could not be had takes away what is there, or is not told")
	}
	if l.more() || l.see(9) {
		t.Error("it asks again by itself, for ever")
	}
	l.retry()
	if l.after() != "10" {
		t.Errorf("Try again asks after %q, want 10", l.after())
	}
}

func TestAnswersToEarlierQuestionsAreDropped(t *testing.T) {
	l := &listing[int]{}
	l.first()
	old := l.Asked
	l.first()
	if l.answer(old, []int{1}, number, "", nil) || l.Known {
		t.Error("an answer to an earlier question is taken")
	}
	l.drop()
	if l.answer(l.Asked-1, []int{1}, number, "", nil) || l.Asking {
		t.Error("an answer is taken that nobody waits for any more")
	}
}

func TestChosenIsASetOrAllBut(t *testing.T) {
	c := chosen{}.mark(map[string]string{"a": "Ada", "b": "Bob", "": ""}, true)
	if !c.has("a") || c.has("c") || c.has("") {
		t.Errorf("chosen by hand: %v", c)
	}
	if got := fmt.Sprint(c.names()); got != "[Ada (a) Bob (b)]" {
		t.Errorf("they are called %s", got)
	}
	before := c
	c = c.mark(map[string]string{"a": "Ada"}, false)
	if c.has("a") || !before.has("a") {
		t.Error("a is still chosen, or an earlier state was changed")
	}
	all := chosen{All: true}.mark(map[string]string{"a": "Ada"}, false)
	if all.has("a") || !all.has("z") {
		t.Errorf("all but a: %v", all)
	}
	if n, known := all.count(10); n != 9 || !known {
		t.Errorf("of ten all but one are %d (%v)", n, known)
	}
	if _, known := all.count(-1); known {
		t.Error("how many all are is known though nobody counted")
	}
	if again := all.mark(map[string]string{"a": "Ada"}, true); !again.has("a") || len(again.named) != 0 {
		t.Error("a cannot be chosen again")
	}
}
