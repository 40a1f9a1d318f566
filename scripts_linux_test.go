package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/ebfe/scard"
	"github.com/rogpeppe/go-internal/testscript"

	"tapstation/device/virtual"
	"tapstation/device/virtual/pcscdtest"
)

// The scripts in testdata/script run the program itself, each in a process of its own, against a private PC/SC
// service with two readers and cards in software. Besides testscript's commands they have:
//
//	service start|stop         the PC/SC service
//	card NAME [OPTION …]       lays a card on the first reader; it keeps what is on it from one time to the next.
//	                           Options of a new card: not-fido, short, chained, no-pin, always-uv, 2.0, 2.1-pre
//	remove                     takes the card off the first reader
//	hold                       has another program keep the first reader to itself, until the script ends
//	exits STATUS PROGRAM …     runs a program that must end with that exit status
//	json [!] PATH [WANT]       what is at PATH ("keys.0.state") of the JSON document that was printed last; without
//	                           WANT: something is there
//	jsonenv NAME PATH          puts that into a variable
//	post start|stop|refuse CODE TEXT|take|arrived COUNT|known COUNT
//	                           a mail server, on port POST_PORT
//	serve start ARGUMENT …|get PATH STATUS WORDS|end
//	                           tapstation serve, in the background
//	guess USER-ID COUNT MOST   tries so many wrong passwords of an admin; at most MOST may be compared

func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){"tapstation": main, "holder": holder, "await": await})
}

func TestScripts(t *testing.T) {
	testscript.Run(t, testscript.Params{
		Dir: "testdata/script",
		Setup: func(e *testscript.Env) error {
			service, err := pcscdtest.New()
			if err != nil {
				return err
			}
			e.Defer(func() {
				if err := service.Close(); err != nil {
					t.Error("end pcscd:", err)
				}
			})
			e.Values[postKey{}] = &scriptHolder{}
			e.Values[serveKey{}] = &scriptServe{}
			e.Values[stationKey{}] = &scripted{service: service, cards: map[string]*virtual.Card{}}
			name, value, _ := strings.Cut(service.Env(), "=")
			e.Setenv(name, value)
			e.Setenv("TAPSTATION_DATA", e.WorkDir+"/data")
			e.Setenv("DBUS_SESSION_BUS_ADDRESS", "") // the sealing key in a file, whatever this machine has
			return nil
		},
		Cmds: map[string]func(*testscript.TestScript, bool, []string){
			"exits":   exitsCommand,
			"service": serviceCommand,
			"card":    cardCommand,
			"remove":  removeCommand,
			"hold":    holdCommand,
			"json":    jsonCommand,
			"jsonenv": jsonenvCommand,
			"guess":   guessCommand,
			"post":    postCommand,
			"serve":   serveCommand,
		},
		RequireExplicitExec: true,
		RequireUniqueNames:  true,
	})
}

type stationKey struct{}

// scripted is what one script plays with.
type scripted struct {
	service *pcscdtest.Service
	cards   map[string]*virtual.Card
}

func of(ts *testscript.TestScript) *scripted { return ts.Value(stationKey{}).(*scripted) }

func exitsCommand(ts *testscript.TestScript, _ bool, args []string) {
	if len(args) < 2 {
		ts.Fatalf("usage: exits STATUS PROGRAM [ARGUMENT …]")
	}
	status := 0
	var ended *exec.ExitError
	if err := ts.Exec(args[1], args[2:]...); errors.As(err, &ended) {
		status = ended.ExitCode()
	} else {
		ts.Check(err)
	}
	if want := args[0]; strconv.Itoa(status) != want {
		ts.Fatalf("exit status %d, want %s", status, want)
	}
}

func serviceCommand(ts *testscript.TestScript, _ bool, args []string) {
	s := of(ts).service
	switch strings.Join(args, " ") {
	case "start":
		ts.Check(s.Start())
	case "stop":
		ts.Check(s.Stop())
	default:
		ts.Fatalf("usage: service start|stop")
	}
}

func cardCommand(ts *testscript.TestScript, _ bool, args []string) {
	if len(args) == 0 {
		ts.Fatalf("usage: card NAME [OPTION …]")
	}
	s := of(ts)
	card := s.cards[args[0]]
	if card == nil {
		card = newScriptCard(ts, len(s.cards), args[1:])
		s.cards[args[0]] = card
	}
	ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
	defer cancel()
	_, err := s.service.Slot(0).Insert(ctx, card)
	ts.Check(err)
	ts.Check(ts.Exec("await", s.service.ReaderName()))
}

func newScriptCard(ts *testscript.TestScript, number int, options []string) *virtual.Card {
	o := virtual.Options{UID: []byte{0x04, 0x11, 0x22, 0x33, 0x44, 0x55, byte(number)}}
	copy(o.AAGUID[:], "tapstation-card!")
	for _, option := range options {
		switch option {
		case "not-fido":
			o.NotFIDO = true
		case "short":
			o.ShortOnly = true
		case "chained":
			o.ChainAnswers = true
		case "no-pin":
			o.NoPIN = true
		case "always-uv":
			o.AlwaysUV = true
		case "2.0":
			o.Version = virtual.FIDO20
		case "2.1-pre":
			o.Version = virtual.FIDO21Pre
		default:
			ts.Fatalf("no such card option: %s", option)
		}
	}
	card, err := virtual.New(o)
	ts.Check(err)
	return card
}

func removeCommand(ts *testscript.TestScript, _ bool, _ []string) {
	ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
	defer cancel()
	ts.Check(of(ts).service.Slot(0).Vacate(ctx))
}

// holdCommand starts the program holder and waits until it has the reader.
func holdCommand(ts *testscript.TestScript, _ bool, _ []string) {
	s := of(ts).service
	program, err := exec.LookPath("holder")
	ts.Check(err)
	cmd := exec.Command(program, s.ReaderName())
	cmd.Env = append(os.Environ(), s.Env())
	cmd.Stderr = os.Stderr
	in, err := cmd.StdinPipe()
	ts.Check(err)
	out, err := cmd.StdoutPipe()
	ts.Check(err)
	ts.Check(cmd.Start())
	ts.Defer(func() {
		_ = in.Close() // ends it
		if err := cmd.Wait(); err != nil {
			ts.Logf("holder: %v", err)
		}
	})
	line, err := bufio.NewReader(out).ReadString('\n')
	if err != nil || line != "held\n" {
		ts.Fatalf("holder said %q (%v), want held", line, err)
	}
}

// holder is another program that keeps a reader to itself until its standard input ends.
func holder() {
	err := hold(os.Args[1])
	if err != nil {
		fmt.Fprintln(os.Stderr, "hold:", err)
		os.Exit(1)
	}
}

func hold(reader string) error {
	ctx, err := scard.EstablishContext()
	if err != nil {
		return err
	}
	card, err := exclusive(ctx, reader)
	if err != nil {
		return errors.Join(err, ctx.Release())
	}
	fmt.Println("held")
	_, err = io.Copy(io.Discard, os.Stdin)
	return errors.Join(err, card.Disconnect(scard.LeaveCard), ctx.Release())
}

// await ends when the service has seen a card on the reader.
func await() {
	ctx, err := scard.EstablishContext()
	if err == nil {
		err = errors.Join(awaitCard(ctx, os.Args[1]), ctx.Release())
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "await:", err)
		os.Exit(1)
	}
}

func awaitCard(ctx *scard.Context, reader string) error {
	states := []scard.ReaderState{{Reader: reader}}
	for states[0].EventState&scard.StatePresent == 0 {
		states[0].CurrentState = states[0].EventState
		if err := ctx.GetStatusChange(states, 10*time.Second); err != nil {
			return err
		}
	}
	return nil
}

// exclusive waits for a card on the reader and connects to it, keeping all others out.
func exclusive(ctx *scard.Context, reader string) (*scard.Card, error) {
	if err := awaitCard(ctx, reader); err != nil {
		return nil, err
	}
	return ctx.Connect(reader, scard.ShareExclusive, scard.ProtocolAny)
}

func jsonCommand(ts *testscript.TestScript, neg bool, args []string) {
	if len(args) < 1 || len(args) > 2 {
		ts.Fatalf("usage: [!] json PATH [WANT]")
	}
	got, ok := lookUp(ts, args[0])
	switch {
	case neg && len(args) == 1 && ok:
		ts.Fatalf("%s is %s, want nothing there", args[0], got)
	case neg && len(args) == 2 && ok && got == args[1]:
		ts.Fatalf("%s is %s, want anything else", args[0], got)
	case neg:
	case !ok:
		ts.Fatalf("nothing at %s", args[0])
	case len(args) == 2 && got != args[1]:
		ts.Fatalf("%s is %s, want %s", args[0], got, args[1])
	}
}

func jsonenvCommand(ts *testscript.TestScript, _ bool, args []string) {
	if len(args) != 2 {
		ts.Fatalf("usage: jsonenv NAME PATH")
	}
	got, ok := lookUp(ts, args[1])
	if !ok {
		ts.Fatalf("nothing at %s", args[1])
	}
	ts.Setenv(args[0], got)
}

// lookUp is what is at path of the document that was printed last, which must be the only thing printed.
func lookUp(ts *testscript.TestScript, path string) (string, bool) {
	dec := json.NewDecoder(strings.NewReader(ts.ReadFile("stdout")))
	dec.UseNumber()
	var at any
	if err := dec.Decode(&at); err != nil {
		ts.Fatalf("standard output is no JSON document: %v", err)
	}
	if _, err := dec.Token(); !errors.Is(err, io.EOF) {
		ts.Fatalf("standard output goes on after its JSON document")
	}
	for _, step := range strings.Split(path, ".") {
		switch v := at.(type) {
		case map[string]any:
			next, ok := v[step]
			if !ok {
				return "", false
			}
			at = next
		case []any:
			i, err := strconv.Atoi(step)
			if err != nil || i < 0 || i >= len(v) {
				return "", false
			}
			at = v[i]
		default:
			return "", false
		}
	}
	if s, ok := at.(string); ok {
		return s, true
	}
	var b bytes.Buffer
	if err := json.NewEncoder(&b).Encode(at); err != nil {
		ts.Fatalf("%s: %v", path, err)
	}
	return strings.TrimSpace(b.String()), true
}
