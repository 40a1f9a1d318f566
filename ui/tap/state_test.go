package tap

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"tapstation/app/directory"
	"tapstation/app/enroll"
	"tapstation/app/pin"
	"tapstation/assets/text"
	"tapstation/device"
)

func begun(v directory.Verification) State {
	return Begin(directory.User{ID: "ada"}, enroll.Request{UserID: "ada", Verification: v})
}

// through is the state after some steps, each of a card that nothing was written to.
func through(s State, kinds ...enroll.StepKind) State {
	for _, k := range kinds {
		s = s.Progress(enroll.Step{Kind: k, Reader: "R", Begun: markOf(k) >= PINMark})
	}
	return s
}

// marked writes the steps of s like "reader+ card> pin prove".
func marked(s State) string {
	names := [...]string{"reader", "card", "pin", "register", "prove", "save"}
	signs := map[MarkState]string{ToCome: "", Current: ">", Passed: "+", Broken: "!"}
	out := ""
	ms, states := s.Steps()
	for i, m := range ms {
		out += " " + names[m] + signs[states[i]]
	}
	return out[1:]
}

func TestStepsPass(t *testing.T) {
	removed := enroll.Step{Kind: enroll.WaitAgain, Begun: true, Problem: device.ErrRemoved}
	for _, c := range []struct {
		name string
		s    State
		want string
	}{
		{"waiting for a reader", through(begun(directory.PIN), enroll.WaitReader), "reader> card pin register prove save"},
		{"waiting for a card", through(begun(directory.PIN), enroll.WaitCard), "reader+ card> pin register prove save"},
		{"no PIN, no step for it", through(begun(directory.PINless), enroll.WaitCard), "reader+ card> register prove save"},
		{"a PIN is asked for", through(begun(directory.PIN), enroll.Inspect).AskPIN(enroll.PINRequest{}), "reader+ card+ pin> register prove save"},
		{"a PINless key on a card that wants its PIN", through(begun(directory.PINless), enroll.Inspect).AskPIN(enroll.PINRequest{}),
			"reader+ card+ pin> register prove save"},
		{"registering", through(begun(directory.PIN), enroll.Inspect, enroll.SetPIN, enroll.Register), "reader+ card+ pin+ register> prove save"},
		{"taken away while registering: what passed stays", through(begun(directory.PIN), enroll.SetPIN, enroll.Register).Progress(removed),
			"reader+ card> pin+ register prove save"},
		{"the PIN was wrong", through(begun(directory.PIN), enroll.Inspect, enroll.Register).AskPIN(enroll.PINRequest{}),
			"reader+ card+ pin> register prove save"},
		{"asked about the last attempts", through(begun(directory.PIN), enroll.Register).Ask(enroll.Question{Kind: enroll.LastAttempts}),
			"reader+ card+ pin> register prove save"},
		{"too many wrong PINs", through(begun(directory.PIN), enroll.Register).
			Progress(enroll.Step{Kind: enroll.WaitAgain, Problem: &device.PINError{PowerCycle: true}}),
			"reader+ card> pin register prove save"},
		{"the reader goes", through(begun(directory.PIN), enroll.SetPIN, enroll.WaitReader), "reader> card pin register prove save"},
		{"failed", through(begun(directory.PIN), enroll.Inspect).Finish(enroll.Result{}, device.ErrNotFIDO), "reader+ card! pin register prove save"},
		{"the PIN is blocked", through(begun(directory.PIN), enroll.Register).AskPIN(enroll.PINRequest{}).Answered().
			Finish(enroll.Result{}, &device.PINError{Blocked: true}), "reader+ card+ pin! register prove save"},
		{"done", through(begun(directory.PIN), enroll.Save).Finish(enroll.Result{}, nil), "reader+ card+ pin+ register+ prove+ save+"},
	} {
		if got := marked(c.s); got != c.want {
			t.Errorf("%s: %s, want %s", c.name, got, c.want)
		}
	}
}

func TestPINIsCheckedBeforeItIsUsed(t *testing.T) {
	policy := directory.PINPolicy{MinLength: 6, MaxLength: 63, Digit: true}
	ask := begun(directory.PIN).AskPIN(enroll.PINRequest{Purpose: enroll.ChoosePIN, Policy: policy})
	for _, c := range []struct {
		first, again device.PIN
		problem      pin.Problem
		mismatch, ok bool
	}{
		{first: "", problem: pin.TooShort},
		{first: "12345", again: "12345", problem: pin.TooShort},
		{first: "abcdefg", again: "abcdefg", problem: pin.NoDigit},
		{first: "123456", again: "123457", mismatch: true},
		{first: "123456", again: "", mismatch: true},
		{first: "123456", again: "123456", ok: true},
		{first: "caf\u00e91234", again: "cafe\u03011234", ok: true}, // the same in normal form C
	} {
		s, got, ok := ask.TypePIN(c.first, c.again).SubmitPIN()
		name := fmt.Sprintf("%q and %q", c.first.Reveal(), c.again.Reveal())
		if ok != c.ok || s.PIN.Mismatch != c.mismatch {
			t.Errorf("%s: taken %v, mismatch %v; want %v, %v", name, ok, s.PIN.Mismatch, c.ok, c.mismatch)
		}
		var problem *pin.PolicyError
		if errors.As(s.PIN.Problem, &problem) != (c.problem != "") || c.problem != "" && problem.Problems[0] != c.problem {
			t.Errorf("%s: problem %v, want %q", name, s.PIN.Problem, c.problem)
		}
		if ok && (got != pin.Normalize(c.first) || s.PIN.First != "" || s.PIN.Again != "" || s.Phase != Running) {
			t.Errorf("%s: the PIN is not handed on as normalized, or stays in the state", name)
		}
	}
}

func TestPINProblemsComeWhenAFieldIsLeft(t *testing.T) {
	policy := directory.PINPolicy{MinLength: 6, MaxLength: 63}
	s := begun(directory.PIN).AskPIN(enroll.PINRequest{Purpose: enroll.ChoosePIN, Policy: policy})
	s = s.TypePIN("123", "")
	if s.PIN.Problem != nil {
		t.Errorf("while typing: %v, want nothing", s.PIN.Problem)
	}
	if s = s.LeavePIN(false); s.PIN.Problem == nil {
		t.Error("left with a PIN that is too short: no problem is shown")
	}
	if s = s.TypePIN("123456", ""); s.PIN.Problem != nil {
		t.Errorf("mended: %v, want nothing", s.PIN.Problem)
	}
	if s = s.TypePIN("123456", "1234"); s.PIN.Mismatch {
		t.Error("the second PIN is called different while it is typed")
	}
	if s = s.LeavePIN(true); !s.PIN.Mismatch {
		t.Error("left with two different PINs: nothing is shown")
	}
	if s = s.TypePIN("123456", "123456"); s.PIN.Mismatch {
		t.Error("both PINs are the same now, but still called different")
	}
}

func TestRefusedPINIsToldUntilAnotherIsTyped(t *testing.T) {
	wrong := &device.PINError{Retries: 5}
	s := begun(directory.PIN).AskPIN(enroll.PINRequest{Purpose: enroll.CardPIN, Retries: 5, Refused: wrong})
	if s.PIN.Problem != error(wrong) {
		t.Errorf("problem %v, want %v", s.PIN.Problem, wrong)
	}
	if s = s.TypePIN("1", ""); s.PIN.Problem != nil {
		t.Errorf("after typing: %v, want nothing", s.PIN.Problem)
	}
}

func TestWhatIsLeftOnTheCard(t *testing.T) {
	refused := &enroll.RefusedError{Reason: errors.New("no"), Removed: true}
	for _, c := range []struct {
		name string
		s    State
		want Left
	}{
		{"before anything was written", through(begun(directory.PIN), enroll.WaitCard, enroll.Inspect), NothingLeft},
		{"while the PIN is set", through(begun(directory.PIN), enroll.SetPIN), PINLeft},
		{"while registering", through(begun(directory.PIN), enroll.SetPIN, enroll.Register), KeyLeft},
		{"taken away while registering", through(begun(directory.PIN), enroll.Register).Progress(enroll.Step{Kind: enroll.WaitAgain, Begun: true}), KeyLeft},
		{"resumed, before the card is there", begun(directory.PIN).Progress(enroll.Step{Kind: enroll.WaitAgain, Begun: true}), PINLeft},
		{"refused, and taken off the card", through(begun(directory.PIN), enroll.Register).Finish(enroll.Result{}, refused), PINLeft},
		{"enrolled", through(begun(directory.PIN), enroll.Save).Finish(enroll.Result{}, nil), NothingLeft},
	} {
		if got := c.s.Left(); got != c.want {
			t.Errorf("%s: %d, want %d", c.name, got, c.want)
		}
	}
}

func TestStoppedByAPerson(t *testing.T) {
	s := through(begun(directory.PIN), enroll.Register).Stop()
	if late := s.Progress(enroll.Step{Kind: enroll.Prove}).AskPIN(enroll.PINRequest{}).Ask(enroll.Question{}); late.Phase != Stopping {
		t.Errorf("phase %d after a late report, want still stopping", late.Phase)
	}
	if got := s.Finish(enroll.Result{}, errors.New("context canceled")).Phase; got != Stopped {
		t.Errorf("phase %d, want stopped whatever the error", got)
	}
	if got := s.Finish(enroll.Result{Key: directory.SecurityKey{ID: "k"}}, nil); got.Phase != Enrolled || got.Result.Key.ID != "k" {
		t.Error("a ceremony that was done before it could be stopped is not shown as done")
	}
	if got := begun(directory.PIN).Finish(enroll.Result{}, fmt.Errorf("ask: %w", enroll.ErrCancelled)).Phase; got != Stopped {
		t.Errorf("phase %d after a person's no, want stopped", got)
	}
}

func TestNextTapRetriesWhereItIsSafe(t *testing.T) {
	for _, c := range []struct {
		err  error
		want bool
	}{
		{device.ErrNotFIDO, true},
		{&enroll.AlreadyEnrolledError{}, true},
		{device.ErrKeyFull, true},
		{enroll.ErrNotProven, true},
		{enroll.ErrPINImpossible, true},
		{fmt.Errorf("save: %w", directory.ErrBusy), false},
		{fmt.Errorf("user: %w", directory.ErrNotFound), false},
		{enroll.ErrUserDisabled, false},
		{enroll.ErrCancelled, false},
	} {
		if got := begun(directory.PIN).Finish(enroll.Result{}, c.err).Retry(); got != c.want {
			t.Errorf("%v: %v, want %v", c.err, got, c.want)
		}
	}
}

func TestItMovesOnlyWhileItWaits(t *testing.T) {
	waits := map[enroll.StepKind]bool{
		enroll.WaitService: true, enroll.WaitReader: true, enroll.WaitFree: true, enroll.WaitCard: true, enroll.WaitAgain: true,
		enroll.Inspect: false, enroll.SetPIN: false, enroll.Register: false, enroll.Prove: false, enroll.Save: false, enroll.Done: false,
	}
	got := map[enroll.StepKind]bool{}
	for k := range waits {
		got[k] = through(begun(directory.PIN), k).Waiting()
	}
	if diff := cmp.Diff(waits, got); diff != "" {
		t.Error(diff)
	}
	if through(begun(directory.PIN), enroll.WaitCard).Finish(enroll.Result{}, device.ErrNotFIDO).Waiting() {
		t.Error("a failed ceremony moves")
	}
}

func TestCardThatRefusedThePINIsAsItWas(t *testing.T) {
	wrong := enroll.PINRequest{Purpose: enroll.CardPIN, Refused: &device.PINError{Retries: 5}}
	s := through(begun(directory.PIN), enroll.Inspect, enroll.Register)
	if !s.Begun() {
		t.Fatal("while a key is made the card may have been changed")
	}
	s = s.AskPIN(wrong)
	if s.Begun() {
		t.Error("a card that took no PIN is said to have been changed")
	}
	s, _, _ = s.TypePIN("314159", "").SubmitPIN()
	if !s.Begun() {
		t.Error("with the next PIN the key is being made again, but the card is said to be as it was")
	}
	if s = s.Finish(enroll.Result{}, &device.PINError{Blocked: true}); s.Begun() {
		t.Error("a card that blocked its PIN is said to have been changed")
	}

	set := through(begun(directory.PIN), enroll.SetPIN, enroll.Register).AskPIN(wrong)
	if set.Left() != PINLeft {
		t.Error("the PIN set before is forgotten when the card refuses another")
	}
}

func TestChangeOfAPINHasNoStepsOfAKey(t *testing.T) {
	s := begun(directory.PIN)
	s.Task = ChangingPIN
	if got, want := marked(through(s, enroll.Inspect, enroll.SetPIN)), "reader+ card+ pin> save"; got != want {
		t.Errorf("the steps are %q, want %q", got, want)
	}
	// The way out of a forgotten PIN is a reset: then a key is made too.
	if got, want := marked(through(s, enroll.SetPIN, enroll.Register)), "reader+ card+ pin+ register> prove save"; got != want {
		t.Errorf("after a reset the steps are %q, want %q", got, want)
	}
}

func TestMailAboutTheTemporaryPINIsToldAtTheEnd(t *testing.T) {
	s := Begin(directory.User{ID: "ada"}, enroll.Request{Verification: directory.PIN})
	with := s.Finish(enroll.Result{Mail: directory.Message{To: "ada@example.org"}}, nil).Words().Remedy
	if want := text.T("tap.done.mailed", "To", "ada@example.org"); !strings.HasSuffix(with, want) {
		t.Errorf("it says %q, want at its end %q", with, want)
	}
	if without := s.Finish(enroll.Result{}, nil).Words().Remedy; without != text.T("tap.done.remedy") {
		t.Errorf("without a mail it says %q", without)
	}
}
