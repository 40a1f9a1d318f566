package desk

import (
	"context"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"

	"tapstation/app/directory"
	"tapstation/app/enroll"
	"tapstation/assets/text"
	"tapstation/device"
	"tapstation/ui/tap"
	"tapstation/ui/theme"
	"tapstation/ui/widget"
	"tapstation/ui/wording"
)

// queuePage enrolls people one after another: whose turn it is in large letters, and the page of the tap below. It goes
// on by itself when the card of the one before is taken away. Left, it keeps where it stands, and All Users leads back.
type queuePage struct {
	desk  *Desk
	state queueState

	stand   *tap.Stand
	whose   person             // has the turn, or had it while their card is still there
	turn    int                // counts the turns, so that a late answer is known
	waiting context.CancelFunc // ends the wait for the turn to begin
	reader  string             // has the card of the last one, unless it was taken away

	holder      *fyne.Container
	who         *widget.Text
	count, next *widget.Text
	bar         *widget.Progress
	running     fyne.CanvasObject
	leaveOut    *widget.Toggle
	start       *widget.Button
	done        *widget.Button
}

// queueName is what the queue is kept by, like a place, until it has ended or somebody else logs in.
const queueName = "queue"

// queued is the queue that has not ended; nil where there is none.
func (d *Desk) queued() *queuePage {
	p, _ := d.pages[queueName].(*queuePage)
	return p
}

// openQueue begins to enroll people one after another.
func (d *Desk) openQueue(people []person) {
	p := newQueuePage(d, people)
	d.pages[queueName] = p
	d.show(p)
}

func newQueuePage(d *Desk, people []person) *queuePage {
	p := &queuePage{desk: d, state: queueState{People: people, LeaveOut: true}, waiting: func() {}, holder: container.NewStack()}
	c := &tap.Ceremony{Enroll: d.station.Enroller.Enroll, GiveUp: d.station.Enroller.GiveUp, Board: d.station.Board, Do: d.opts.Do}
	p.stand = tap.NewStand(c, d.openLink)
	p.stand.Leave = text.T("queue.skip")
	p.stand.OnLeave = p.skip
	p.stand.OnState = p.ceremonyChanged
	p.stand.Quiet = func(s tap.State) bool { return s.Phase == tap.Enrolled }
	p.build()
	p.render()
	return p
}

func (p *queuePage) build() {
	p.who = widget.Heading("")
	p.count, p.next = widget.Small(""), widget.Small("")
	p.next.Clip = true
	p.bar = widget.NewProgress()
	stop := widget.NewButton(text.T("queue.stop"), p.stop)
	head := widget.Column(theme.Space8,
		container.NewBorder(nil, nil, nil, container.NewVBox(stop), widget.Column(theme.Space4, p.count, p.who, p.next)), p.bar)
	p.running = widget.PadXY(theme.Space32, theme.Space24, widget.Above(theme.Space8, p.stand.Content, head))
}

func (p *queuePage) place() string { return usersPlace }

func (p *queuePage) content() fyne.CanvasObject { return p.holder }

func (p *queuePage) keys() *widget.Keys {
	return &widget.Keys{
		Enter: func() {
			switch {
			case !p.state.Begun:
				p.begin()
			case p.state.over():
				p.desk.ShowUsers()
			default:
				p.stand.Next()
			}
		},
		Escape: func() {
			if !p.state.Begun || p.state.over() || p.stand.Leaves() {
				p.desk.ShowUsers() // nobody is skipped by it: the queue waits there
				return
			}
			p.stand.Back()
		},
	}
}

func (p *queuePage) shown() {
	switch {
	case !p.state.Begun:
		p.desk.focus(p.start)
	case p.state.over():
		p.desk.focus(p.done)
	default:
		p.takeTurn()
	}
}

func (p *queuePage) left() {
	p.turn++
	p.waiting()
	p.stand.Close()
	if !p.state.Begun || p.state.over() {
		delete(p.desk.pages, queueName)
	}
	ceremony := p.stand.Ceremony
	p.desk.beside(p.desk.ctx, func(context.Context) { ceremony.Wait() })
}

// pause keeps the queue from taking a card while the window is locked.
func (p *queuePage) pause() { p.stand.Ceremony.Pause() }

func (p *queuePage) resume() { p.stand.Ceremony.Resume() }

// begin begins with the first.
func (p *queuePage) begin() {
	p.state.Begun = true
	p.takeTurn()
}

// takeTurn begins the ceremony of whose turn it is, as their groups and the workspace say, once the card of the one
// before is gone: it must not be taken for theirs.
func (p *queuePage) takeTurn() {
	p.waiting()
	p.turn++
	p.render()
	who, ok := p.state.now()
	if !ok {
		p.desk.focus(p.done)
		return
	}
	ctx, cancel := context.WithCancel(p.desk.ctx)
	p.waiting = cancel
	n, reader, leaveOut := p.turn, p.reader, p.state.LeaveOut
	p.desk.beside(ctx, func(ctx context.Context) {
		if reader != "" {
			if _, err := p.desk.station.Board.Wait(ctx, func(b device.State) bool { return away(b, reader) }); err != nil {
				return
			}
		}
		t, err := p.look(ctx, who.ID)
		p.desk.do(func() {
			if n != p.turn {
				return
			}
			p.reader, p.whose = "", who
			p.renderHead()
			switch {
			case err != nil:
				p.over(queueResult{Outcome: notEnrolled, Err: err})
			case t.user.Disabled:
				p.over(queueResult{Outcome: notEnrolled, Err: enroll.ErrUserDisabled})
			case leaveOut && hasActive(t.keys):
				p.over(queueResult{Outcome: hadOne})
			default:
				p.stand.SetDriverLink(t.driverLink)
				p.stand.Ceremony.Start(t.user, t.request(p.desk.actor()))
				p.stand.Shown(p.desk.window.Canvas())
			}
		})
	})
}

// turn is what is known of somebody whose turn it is.
type turn struct {
	user       directory.User
	keys       []directory.SecurityKey
	defaults   directory.KeyDefaults
	driverLink string
}

func (p *queuePage) look(ctx context.Context, id string) (t turn, err error) {
	dir := p.desk.station.Directory
	if t.user, t.keys, err = dir.User(ctx, id); err != nil {
		return t, err
	}
	if t.defaults, err = dir.KeyDefaults(ctx, id); err != nil {
		return t, err
	}
	w, err := dir.Workspace(ctx)
	t.driverLink = w.DriverLink
	return t, err
}

// request is the enrollment of the card that waits for its user, who has come instead of using the link; where none does,
// of a new one as the defaults say.
func (t turn) request(actor string) enroll.Request {
	r := enroll.Request{
		UserID: t.user.ID, KeyName: wording.KeyName(t.keys, directory.Card), Actor: actor,
		Verification: t.defaults.Verification, OfflineLogin: t.defaults.OfflineLogin == directory.On, PINChooser: t.defaults.PINChooser,
	}
	for _, k := range t.keys {
		if k.State == directory.Pending && k.Kind == directory.Card {
			r.KeyID, r.KeyName, r.Verification, r.OfflineLogin = k.ID, k.Name, k.Verification, k.OfflineLogin
			break
		}
	}
	return r
}

func hasActive(keys []directory.SecurityKey) bool {
	for _, k := range keys {
		if k.State == directory.Active {
			return true
		}
	}
	return false
}

// over takes down what came of a turn, and goes on to the next.
func (p *queuePage) over(r queueResult) {
	p.state = p.state.next(r)
	p.takeTurn()
}

// skip goes on to the next; what the card may keep of the ceremony is taken down.
func (p *queuePage) skip() {
	s := p.stand.Ceremony.State()
	r := queueResult{Outcome: skipped, Left: s.Begun()}
	if s.Phase == tap.Failed {
		r.Outcome, r.Err = notEnrolled, s.Err
	}
	p.over(r)
}

// stop ends it, and shows what came of it.
func (p *queuePage) stop() {
	s := p.stand.Ceremony.State()
	if who, ok := p.state.now(); ok && s.Request.UserID == who.ID && (s.Begun() || s.Phase == tap.Failed) {
		p.state = p.state.next(queueResult{Outcome: notEnrolled, Err: s.Err, Left: s.Begun()})
	}
	p.turn++
	p.waiting()
	p.stand.Close()
	p.state = p.state.stop()
	p.render()
	p.desk.focus(p.done)
}

// ceremonyChanged takes a new key down; when its card is taken away it is the next one's turn.
func (p *queuePage) ceremonyChanged(old tap.State) {
	s := p.stand.Ceremony.State()
	if s.Phase != tap.Enrolled || old.Phase == tap.Enrolled {
		return
	}
	p.reader = s.Result.Reader
	p.desk.wakeMail() // a mail about a temporary PIN may have been put into the outbox
	p.over(queueResult{Outcome: enrolledKey, Key: s.Result.Key})
}

// away tells whether there is no card on a reader any more.
func away(b device.State, reader string) bool {
	r, there := b.Reader(reader)
	return !there || r.Card == nil
}
