package tap

import (
	"tapstation/app/enroll"
	"tapstation/assets/text"
)

// Verb is what a person can do on the page.
type Verb int

// Verbs.
const (
	None   Verb = iota
	Leave       // go back to where one came from: the ceremony ends without a word, nothing was written
	StopIt      // end the ceremony and be told what is left on the card
	SubmitPIN
	Yes
	No
	Again
)

// Action is one of the page's two buttons. They stand outside of it, where Back and Next always stand.
type Action struct {
	Verb    Verb
	Text    string
	Enabled bool
	Danger  bool // destroys something
}

// Actions are what Escape and the left button do, and what Enter and the right button do. A right one with Verb
// None is not shown: nothing is to be pressed between tap and result.
func (s State) Actions() (back, next Action) {
	back = Action{Leave, text.T("wizard.back"), true, false}
	if s.Begun() {
		back = Action{StopIt, text.T("user.key.cancel"), true, false}
	}
	switch s.Phase {
	case Asking:
		next = Action{SubmitPIN, text.T("tap.pin.set"), true, false}
		if s.PIN.Purpose == enroll.CardPIN {
			next.Text = text.T("tap.pin.use")
		}
	case Choosing:
		back, next = s.Question.actions()
	case Stopping:
		back.Enabled = false
	case Stopped, Failed:
		back = Action{Leave, text.T("wizard.back"), true, false}
		next = Action{Again, text.T("page.again"), true, false}
	}
	return back, next
}

func (a Answer) actions() (no, yes Action) {
	no = Action{No, text.T("tap.ask.stop"), true, false}
	yes = Action{Verb: Yes, Enabled: a.Confirmed(), Danger: true}
	switch a.Kind {
	case enroll.LastAttempts:
		yes.Text = text.T("tap.ask.last.yes")
	case enroll.ResetCard:
		yes.Text = text.T("tap.ask.reset.yes")
	case Abandon:
		no.Text, yes.Text = text.T("tap.ask.abandon.no"), text.T("tap.ask.abandon.yes")
	default:
		yes.Text = text.T("tap.ask.replace.yes")
	}
	return no, yes
}

// Act does what an action says. Leave is left to the caller, who knows where to go.
func (c *Ceremony) Act(v Verb) {
	switch v {
	case StopIt:
		c.Stop()
	case SubmitPIN:
		c.SubmitPIN()
	case Yes:
		if c.state.Question.Confirmed() {
			c.Answer(true)
		}
	case No:
		c.Answer(false)
	case Again:
		c.Again()
	}
}
