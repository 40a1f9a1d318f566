package tour

import (
	"tapstation/app/enroll"
	"tapstation/device"
	"tapstation/ui/tap"
	"tapstation/ui/wizard"
)

// problems is what a tap can meet.
func (g *guide) problems() {
	g.prepare(colleagues)

	g.assign("amara.okafor")
	g.tray(func(t Tray) { t.Run(false) })
	g.step(enroll.WaitService)
	g.picture("no-service")
	g.tray(func(t Tray) { t.Run(true) })
	g.tray(func(t Tray) { t.Plug(false) })
	g.step(enroll.WaitReader)
	g.both("no-reader")
	g.tray(func(t Tray) { t.Plug(true) })
	g.step(enroll.WaitCard)
	g.put(notFIDO)
	g.phase(tap.Failed)
	g.both("not-fido")
	g.press(t("page.details"))
	g.picture("not-fido-details")
	g.tornAway()
	g.alreadyEnrolled()
	g.cardsPIN()
}

// assign goes to the tap for a further key of a user.
func (g *guide) assign(userID string) {
	g.open("the page of "+userID, func() { g.desk.ShowUser(userID) })
	g.press(t("user.assign"))
	g.page(wizard.KindPage)
	g.enter()
	g.page(wizard.SettingsPage)
	g.enter()
	g.page(wizard.HowPage)
	g.enter()
	g.page(wizard.ActivationPage)
}

// tornAway is a card that is taken away while it is written to, and another one laid in its place.
func (g *guide) tornAway() {
	g.put(newCard)
	g.phase(tap.Asking)
	g.typeIn(chosenPIN)
	g.tab()
	g.typeIn(chosenPIN)
	g.hold(true)
	g.enter()
	g.step(enroll.Register)
	g.tray(func(t Tray) { t.Pull(newCard) })
	g.hold(false)
	g.problem(device.ErrRemoved)
	g.both("taken-away")
	g.put(anotherCard)
	g.problem(enroll.ErrOtherCard)
	g.picture("another-card")
	g.take()
	g.escape()
	g.phase(tap.Stopped)
	g.picture("stopped")
	g.enter()
	g.problem(enroll.ErrUnfinished)
	g.picture("unfinished")
	g.press(t("tap.abandon"))
	g.picture("unfinished-give-up")
	g.escape()
	g.put(newCard)
	g.page(wizard.NamePage)
	g.enter()
	g.loaded("the user's page")
	g.take()
}

// alreadyEnrolled is a card that is somebody's key already.
func (g *guide) alreadyEnrolled() {
	g.assign("grace.miller")
	g.step(enroll.WaitCard)
	g.put(newCard)
	g.question(enroll.ReplaceKey)
	g.both("already-enrolled")
	g.enter() // the safe choice has the focus
	g.phase(tap.Failed)
	g.picture("already-enrolled-stopped")
	g.escape()
	g.page(wizard.HowPage)
	g.take()
}

// cardsPIN is a card that has a PIN, which nobody here knows, down to the reset.
func (g *guide) cardsPIN() {
	g.enter()
	g.step(enroll.WaitCard)
	g.put(cardWithPIN)
	g.phase(tap.Asking)
	g.both("pin-of-card")
	g.wrongPIN()
	g.asked(7)
	g.picture("pin-wrong")
	g.wrongPIN()
	g.asked(6)
	g.wrongPIN()
	g.wantsTap()
	g.picture("pin-pause")
	g.again(5)
	g.wrongPIN()
	g.asked(4)
	g.wrongPIN()
	g.asked(3)
	g.picture("pin-few-attempts")
	g.wrongPIN()
	g.wantsTap()
	g.take()
	g.put(cardWithPIN)
	g.question(enroll.LastAttempts)
	g.both("last-attempts")
	g.confirm(t("tap.ask.word.last"))
	g.asked(2)
	g.wrongPIN()
	g.question(enroll.LastAttempts)
	g.confirm(t("tap.ask.word.last"))
	g.asked(1)
	g.wrongPIN()
	g.question(enroll.ResetCard)
	g.picture("reset")
	g.escape()
	g.tap("the end", tap.State.Ended)
	g.picture("pin-blocked")
}

// wrongPIN types a PIN that is none.
func (g *guide) wrongPIN() {
	g.typeIn("000000")
	g.enter()
}

// asked waits until the PIN is asked for with so many attempts left.
func (g *guide) asked(left int) {
	g.tap("the PIN to be asked for again", func(s tap.State) bool { return s.Phase == tap.Asking && s.PIN.Retries == left })
}

// wantsTap waits until the card wants to be tapped again after wrong PINs.
func (g *guide) wantsTap() {
	g.tap("another tap", func(s tap.State) bool { return s.Phase == tap.Running && s.Step.Kind == enroll.WaitAgain })
}

// again takes the card with the PIN away and lays it on again.
func (g *guide) again(left int) {
	g.take()
	g.put(cardWithPIN)
	g.asked(left)
}

// question waits until one is asked.
func (g *guide) question(k enroll.QuestionKind) {
	g.tap("the question "+string(k), func(s tap.State) bool { return s.Phase == tap.Choosing && s.Question.Kind == k })
}

// confirm types what a question wants to be typed, and goes on.
func (g *guide) confirm(word string) {
	g.fill(t("tap.ask.type", "Word", word), word)
	g.enter()
}
