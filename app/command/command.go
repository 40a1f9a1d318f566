// Package command is the command line: what an IT department scripts, and what tests and measurements use.
//
// With --json a command prints one JSON document on standard output, also when it fails:
// {"error":{"code","message","hint"}}, where code is a stable word (failure.go lists them). Without, it prints tables
// and sentences. Progress and questions go to standard error. The exit status is 0 when it is done, 1 when it failed
// or was refused, 2 when it was used wrongly.
//
// It acts as the operating-system user who runs it, and the audit log says so.
package command

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os/user"

	"github.com/alecthomas/kong"

	"tapstation/app"
	"tapstation/app/directory"
)

// Exit statuses.
const (
	Done    = 0
	Failed  = 1 // or refused
	Misused = 2
)

// Parts is what the commands are made of besides this package.
type Parts struct {
	Version        string
	Stdin          io.Reader
	Stdout, Stderr io.Writer

	// Open makes the station that works on a data folder, and what ends it. The caller runs its Board.
	Open func(folder string) (*app.Station, func() error)
	// Window opens the desk window over a data folder and returns when it is closed. Demo does the same with a demo
	// reader, demo cards and a data folder that is thrown away. Both fail with ErrNoDisplay. The actor is for the
	// audit log.
	Window func(ctx context.Context, folder, actor string) error
	Demo   func(ctx context.Context, actor string) error
	// Link shows the ticket of a tapstation:// link in the window of the data folder, which it opens where none is open.
	Link func(ctx context.Context, folder, actor, link string) error
	// Taken shows that another process has the window of the data folder already, to a person who cannot see standard
	// error; nil: to nobody.
	Taken func(ctx context.Context, folder string, held *directory.HeldError) error
	// Tour drives the windows and leaves pictures of them in dir.
	Tour func(ctx context.Context, dir string) error
}

// Main runs one command line, without the program's name, and returns the exit status.
func Main(ctx context.Context, args []string, parts Parts) (status int) {
	var g grammar
	r := &run{Parts: parts, common: &g.common, ctx: ctx}
	parser, err := kong.New(&g,
		kong.Name("tapstation"),
		kong.Description("Turns contactless cards into FIDO2 security keys."),
		kong.Writers(parts.Stdout, parts.Stderr),
		kong.Configuration(readConfig),
		kong.ConfigureHelp(kong.HelpOptions{Compact: true}),
		// kong ends the process by itself after --help only.
		kong.Exit(func(int) { panic(helped{}) }),
	)
	if err != nil {
		panic(err) // the grammar is part of the program
	}
	defer func() {
		if p := recover(); p != nil {
			if _, ok := p.(helped); !ok {
				panic(p)
			}
			status = Done
		}
	}()
	selected, err := parser.Parse(args)
	if err != nil {
		g.JSON = g.JSON || wantsJSON(args)
		return r.fail(&usageError{err})
	}
	if err := selected.Run(r); err != nil {
		return r.fail(err)
	}
	return Done
}

// ErrNoDisplay means that there is nothing a window could be shown on.
var ErrNoDisplay = errors.New("there is no display to show a window on")

// helped unwinds after --help.
type helped struct{}

// run is one command being run.
type run struct {
	Parts
	*common
	ctx context.Context
}

// usageError is a command line that makes no sense.
type usageError struct{ error }

func (e *usageError) Unwrap() error { return e.error }

func misuse(format string, args ...any) error { return &usageError{fmt.Errorf(format, args...)} }

// wantsJSON tells whether a command line that could not be understood asks for JSON.
func wantsJSON(args []string) bool {
	for _, a := range args {
		switch a {
		case "--":
			return false
		case "--json", "--json=true":
			return true
		}
	}
	return false
}

// folder is the data folder of this command.
func (r *run) folder() (string, error) {
	if r.Data != "" {
		return r.Data, nil
	}
	folder, err := defaultFolder()
	if err != nil {
		return "", fmt.Errorf("find the data folder: %w", err)
	}
	return folder, nil
}

// station runs do on a station that watches its readers, and gives the station back afterwards.
func (r *run) station(do func(ctx context.Context, s *app.Station) error) (err error) {
	folder, err := r.folder()
	if err != nil {
		return err
	}
	s, end := r.Open(folder)
	defer func() { err = errors.Join(err, end()) }()
	ctx, cancel := context.WithCancelCause(r.ctx)
	watched := make(chan error, 1)
	go func() {
		err := s.Board.Run(ctx)
		if ctx.Err() == nil {
			cancel(err) // nothing will ever come: who waits must learn why
		}
		watched <- err
	}()
	err = do(ctx, s)
	if cause := context.Cause(ctx); err != nil && cause != nil && r.ctx.Err() == nil {
		err = fmt.Errorf("watch the readers: %w", cause)
	}
	cancel(nil)
	<-watched // its error was the cause above, or is the end of ctx
	return err
}

// directory runs do on a station of which only the directory is wanted, put in order first.
func (r *run) directory(do func(ctx context.Context, s *app.Station) error) (err error) {
	folder, err := r.folder()
	if err != nil {
		return err
	}
	s, end := r.Open(folder)
	defer func() { err = errors.Join(err, end()) }()
	if err := r.tend(r.ctx, s); err != nil {
		return err
	}
	return do(r.ctx, s)
}

// tend puts in order what a crash may have left behind.
func (r *run) tend(ctx context.Context, s *app.Station) error {
	if err := s.Enroller.Recover(ctx); err != nil {
		return fmt.Errorf("put unfinished enrollments in order: %w", err)
	}
	if err := s.Import.Recover(ctx, r.progress("")); err != nil {
		return fmt.Errorf("take back an unfinished import: %w", err)
	}
	if err := s.Directory.Reconcile(ctx); err != nil {
		r.warn(fmt.Errorf("bring the offline cache in line with the directory: %w", err))
	}
	return nil
}

// actor is who acts, for the audit log.
func actor() (string, error) {
	u, err := user.Current()
	if err != nil {
		return "", fmt.Errorf("find out who runs this: %w", err)
	}
	return "os:" + u.Username, nil
}
