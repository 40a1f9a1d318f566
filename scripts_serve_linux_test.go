package main

import (
	"bufio"
	"encoding/json"
	"io"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/rogpeppe/go-internal/testscript"
)

type serveKey struct{}

// scriptServe is the portal that a script serves.
type scriptServe struct {
	cmd  *exec.Cmd
	url  string
	rest chan string // what it prints after where it is, once it has ended
	over bool
}

// serveCommand is: serve start ARGUMENT …, which waits until it prints where it is, puts that into SERVE_URL, and its
// standard error into the file serve.stderr; serve get PATH STATUS WORDS, where PATH may be a whole link, of which only the
// path counts; serve end, which sends it SIGTERM: it has to end with status 0 and to have printed nothing more.
func serveCommand(ts *testscript.TestScript, _ bool, args []string) {
	s := ts.Value(serveKey{}).(*scriptServe)
	switch {
	case len(args) > 0 && args[0] == "start":
		s.start(ts, args[1:])
	case len(args) == 4 && args[0] == "get":
		s.get(ts, args[1], args[2], args[3])
	case len(args) == 1 && args[0] == "end":
		s.end(ts)
	default:
		ts.Fatalf("usage: serve start [ARGUMENT …] | serve get PATH STATUS WORDS | serve end")
	}
}

var servedAt = regexp.MustCompile(`^The portal is at (\S+)\n$`)

func (s *scriptServe) start(ts *testscript.TestScript, args []string) {
	program, err := exec.LookPath("tapstation")
	ts.Check(err)
	*s = scriptServe{cmd: exec.Command(program, append([]string{"serve"}, args...)...), rest: make(chan string, 1)}
	s.cmd.Env = append(os.Environ(), "TAPSTATION_DATA="+ts.Getenv("TAPSTATION_DATA"), "DBUS_SESSION_BUS_ADDRESS=")
	stderr, err := os.Create(ts.MkAbs("serve.stderr"))
	ts.Check(err)
	s.cmd.Stderr = stderr
	out, err := s.cmd.StdoutPipe()
	ts.Check(err)
	ts.Check(s.cmd.Start())
	ts.Check(stderr.Close())
	ts.Defer(func() {
		if !s.over {
			_ = s.cmd.Process.Kill()
			_ = s.cmd.Wait()
		}
	})
	said := make(chan string, 1)
	go func() {
		lines := bufio.NewReader(out)
		// The document is one line, or several of which the last is a brace.
		var first strings.Builder
		for {
			line, err := lines.ReadString('\n')
			first.WriteString(line)
			if err != nil || !slices.Contains(args, "--json") || json.Valid([]byte(first.String())) {
				break
			}
		}
		said <- first.String()
		rest, _ := io.ReadAll(lines) // ends with the program
		s.rest <- string(rest)
	}()
	var first string
	select {
	case first = <-said:
	case <-time.After(20 * time.Second):
		ts.Fatalf("serve does not say where it is")
	}
	if slices.Contains(args, "--json") {
		var doc struct{ URL string }
		ts.Check(json.Unmarshal([]byte(first), &doc))
		s.url = doc.URL
	} else if at := servedAt.FindStringSubmatch(first); at != nil {
		s.url = at[1]
	}
	if s.url == "" {
		ts.Fatalf("serve says %q, want where it is", first)
	}
	ts.Setenv("SERVE_URL", s.url)
}

func (s *scriptServe) get(ts *testscript.TestScript, path, status, words string) {
	u, err := url.Parse(path)
	ts.Check(err)
	client := &http.Client{Timeout: 20 * time.Second, Transport: &http.Transport{DisableKeepAlives: true}}
	r, err := client.Get(s.url + u.EscapedPath())
	ts.Check(err)
	page, err := io.ReadAll(r.Body)
	_ = r.Body.Close()
	ts.Check(err)
	if strconv.Itoa(r.StatusCode) != status || !strings.Contains(string(page), words) {
		ts.Fatalf("%s is answered %d, want %s and %q:\n%s", path, r.StatusCode, status, words, page)
	}
}

func (s *scriptServe) end(ts *testscript.TestScript) {
	ts.Check(s.cmd.Process.Signal(syscall.SIGTERM))
	s.over = true
	kill := time.AfterFunc(20*time.Second, func() { _ = s.cmd.Process.Kill() })
	defer kill.Stop()
	rest := <-s.rest
	if err := s.cmd.Wait(); err != nil {
		ts.Fatalf("serve ended with %v, want status 0", err)
	}
	if rest != "" {
		ts.Fatalf("after where it is, serve printed %q", rest)
	}
}
