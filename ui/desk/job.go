package desk

import (
	"context"
	"errors"
	"strings"
	"sync"

	"fyne.io/fyne/v2"

	"tapstation/assets/text"
	"tapstation/ui/theme"
	"tapstation/ui/widget"
	"tapstation/ui/wording"
)

// jobState is something that is being done with many, one after the other.
type jobState struct {
	Doing    string // what, as a sentence: "Disabling users …"
	Done, Of int    // Of: -1 where it is not known
	Shown    bool   // it takes long enough to be spoken of
	Problems []jobProblem
	Failed   int  // how many could not be done; Problems are the first of them
	Over     bool // it has ended: Said is what came of it
	Stopped  bool // by a person
	Err      error
	Said     string
	Notes    []string // what else is to be read about what came of it, one thing a line
}

// jobProblem is why it could not be done with one of them.
type jobProblem struct {
	Name string
	Err  error
}

// mostProblems is how many are told one by one.
const mostProblems = 200

// progress is how far it is.
func (s jobState) progress() string {
	if s.Of > 0 {
		return text.T("job.progress_of", "Done", text.Number(s.Done), "Of", text.Number(s.Of))
	}
	return text.Number(s.Done)
}

// words are what came of it, and whether all is well.
func (s jobState) words() (words string, well bool) {
	parts := []string{s.Said}
	if s.Failed > 0 {
		parts = append(parts, text.N("job.failed", s.Failed, "Number", text.Number(s.Failed)))
	}
	switch {
	case s.Stopped:
		parts = append(parts, text.T("job.stopped"))
	case s.Err != nil:
		w := wording.Error(s.Err)
		parts = append(parts, w.Title+".", w.Remedy)
	}
	return strings.TrimSpace(strings.Join(parts, " ")), s.Failed == 0 && s.Err == nil
}

// details are the problems one by one, to be copied.
func (s jobState) details() string {
	var lines []string
	for _, p := range s.Problems {
		lines = append(lines, p.Name+": "+wording.Error(p.Err).Title)
	}
	if more := s.Failed - len(s.Problems); more > 0 {
		lines = append(lines, text.N("job.more", more))
	}
	lines = append(lines, s.Notes...)
	if s.Err != nil {
		lines = append(lines, s.Err.Error())
	}
	return strings.Join(lines, "\n")
}

// job does it, beside the window's goroutine.
type job struct {
	desk    *Desk
	state   jobState
	cancel  context.CancelFunc
	changed func() // the state has; on the window's goroutine

	mu      sync.Mutex
	news    jobState // Done, Failed and Problems as they are now
	pending bool     // the window will look at news
}

// read is the job unless it has ended: who chooses anew has read what came of it.
func (j *job) read() *job {
	if j != nil && j.state.Over {
		return nil
	}
	return j
}

// report tells that n more are done, and with which of them it could not be.
type report func(n int, problems ...jobProblem)

// start begins work; said says, when it has ended, what was done with how many. changed is called at every change,
// the last time when the state is Over.
func (d *Desk) start(doing string, of int, said func(done int) string, changed func(), work func(context.Context, report) error) *job {
	ctx, cancel := context.WithCancel(d.ctx)
	j := &job{desk: d, state: jobState{Doing: doing, Of: of}, cancel: cancel, changed: changed}
	d.opts.After(slowAfter, func() {
		d.do(func() {
			if !j.state.Over {
				j.state.Shown = true
				changed()
			}
		})
	})
	d.beside(ctx, func(ctx context.Context) {
		err := work(ctx, j.report)
		stopped := ctx.Err() != nil
		d.do(func() {
			j.take()
			if stopped && errors.Is(err, context.Canceled) {
				err = nil
			}
			j.state.Over, j.state.Stopped, j.state.Err = true, stopped, err
			j.state.Said = said(j.state.Done - j.state.Failed)
			changed()
		})
		cancel()
	})
	return j
}

func (j *job) report(n int, problems ...jobProblem) {
	j.mu.Lock()
	j.news.Done += n
	j.news.Failed += len(problems)
	if room := mostProblems - len(j.news.Problems); room > 0 {
		j.news.Problems = append(j.news.Problems, problems[:min(room, len(problems))]...)
	}
	tell := !j.pending
	j.pending = true
	j.mu.Unlock()
	if tell { // the window looks once for however many reports came meanwhile
		j.desk.do(func() {
			j.take()
			if j.state.Shown && !j.state.Over {
				j.changed()
			}
		})
	}
}

func (j *job) take() {
	j.mu.Lock()
	defer j.mu.Unlock()
	j.pending = false
	j.state.Done, j.state.Failed, j.state.Problems = j.news.Done, j.news.Failed, j.news.Problems
}

// view shows how far it is, with a way to stop it, or what came of it, with a way to be done with that.
func (j *job) view(dismiss func()) fyne.CanvasObject {
	s := j.state
	if !s.Over {
		bar := widget.NewProgress()
		bar.Set(s.Done, s.Of)
		return widget.Panel(widget.PadXY(theme.Space16, theme.Space8, widget.Column(theme.Space4,
			widget.Between(widget.NewText(s.Doing+"  "+s.progress()), widget.NewButton(text.T("job.stop"), j.cancel)), bar)))
	}
	words, well := s.words()
	sign := widget.Sign{Icon: theme.CheckCircleIcon, Color: theme.Success}
	if !well {
		sign = widget.Sign{Icon: theme.WarningIcon, Color: theme.Warning}
	}
	said := widget.NewParagraph(words)
	line := widget.IconBeside(sign, said, widget.NewQuiet(text.T("job.dismiss"), "", nil, dismiss))
	if well && len(s.Notes) == 0 {
		return widget.Panel(widget.PadXY(theme.Space16, theme.Space8, line))
	}
	details := widget.NewCopyableLines(text.T("page.details"), s.details())
	return widget.Panel(widget.PadXY(theme.Space16, theme.Space8, widget.Column(theme.Space4, line,
		widget.AtMostHigh(160, details))))
}
