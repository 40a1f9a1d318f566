package tour

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"image"
	"image/png"
	"math"
	"os"
	"os/exec"
)

// browser is a Chromium without a window, with a profile that is thrown away. It is told what to do over a pipe, by the
// Chrome DevTools Protocol: a width as small as a phone's and dark pages cannot be had by its arguments.
type browser struct {
	command  *exec.Cmd
	to, from *os.File
	messages *bufio.Reader
	profile  string
	last     int // id of the last call
}

// browsers are the names by which one may be found.
var browsers = []string{"chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome", "msedge"}

var errNoBrowser = errors.New("there is no Chromium here")

// startBrowser fails with errNoBrowser where there is none. The browser ends with ctx.
func startBrowser(ctx context.Context) (*browser, error) {
	program := ""
	for _, name := range browsers {
		if path, err := exec.LookPath(name); err == nil {
			program = path
			break
		}
	}
	if program == "" {
		return nil, errNoBrowser
	}
	profile, err := os.MkdirTemp("", "tapstation-tour-browser-")
	if err != nil {
		return nil, err
	}
	b := &browser{profile: profile}
	if err := b.start(ctx, program); err != nil {
		return nil, errors.Join(fmt.Errorf("start %s: %w", program, err), os.RemoveAll(profile))
	}
	return b, nil
}

func (b *browser) start(ctx context.Context, program string) error {
	read, to, err := os.Pipe()
	if err != nil {
		return err
	}
	defer func() { _ = read.Close() }() // the browser's end
	from, write, err := os.Pipe()
	if err != nil {
		return errors.Join(err, to.Close())
	}
	defer func() { _ = write.Close() }() // likewise
	arguments := []string{"--headless=new", "--remote-debugging-pipe", "--disable-gpu", "--hide-scrollbars", "--no-first-run",
		"--force-color-profile=srgb", "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE localhost", "--user-data-dir=" + b.profile}
	if os.Geteuid() == 0 {
		arguments = append(arguments, "--no-sandbox") // Chromium's does not work for root
	}
	b.command = exec.CommandContext(ctx, program, arguments...)
	b.command.ExtraFiles = []*os.File{read, write} // 3 and 4, as it wants them
	if err := b.command.Start(); err != nil {
		err = errors.Join(err, to.Close(), from.Close())
		if errors.Is(err, errors.ErrUnsupported) { // by a system that hands no files to children
			return fmt.Errorf("%w that a program could tell what to do: %w", errNoBrowser, err)
		}
		return err
	}
	b.to, b.from, b.messages = to, from, bufio.NewReader(from)
	return nil
}

// close ends the browser and takes its profile away.
func (b *browser) close() error {
	_ = b.call("", "Browser.close", nil, nil) // it may be gone before it answers
	_, _ = b.to.Close(), b.from.Close()
	if err := b.command.Wait(); err != nil {
		return errors.Join(fmt.Errorf("end the browser: %w", err), os.RemoveAll(b.profile))
	}
	return os.RemoveAll(b.profile)
}

// message is one of the protocol: a call, its answer, or an event.
type message struct {
	ID      int             `json:"id,omitempty"`
	Session string          `json:"sessionId,omitempty"`
	Method  string          `json:"method,omitempty"`
	Params  any             `json:"params,omitempty"`
	Result  json.RawMessage `json:"result,omitempty"`
	Error   *struct {
		Message string `json:"message"`
	} `json:"error,omitempty"`
}

// call has the browser do something, and waits for what it answers.
func (b *browser) call(session, method string, params, result any) error {
	b.last++
	raw, err := json.Marshal(message{ID: b.last, Session: session, Method: method, Params: params})
	if err != nil {
		return err
	}
	if _, err := b.to.Write(append(raw, 0)); err != nil {
		return fmt.Errorf("%s: %w", method, err)
	}
	m, err := b.next(func(m message) bool { return m.ID == b.last })
	switch {
	case err != nil:
		return fmt.Errorf("%s: %w", method, err)
	case m.Error != nil:
		return fmt.Errorf("%s: %s", method, m.Error.Message)
	case result == nil:
		return nil
	}
	return json.Unmarshal(m.Result, result)
}

// next is the next message that is wanted; others are passed over.
func (b *browser) next(wanted func(message) bool) (message, error) {
	for {
		raw, err := b.messages.ReadBytes(0)
		if err != nil {
			return message{}, err
		}
		var m message
		if err := json.Unmarshal(bytes.TrimSuffix(raw, []byte{0}), &m); err != nil {
			return message{}, err
		}
		if wanted(m) {
			return m, nil
		}
	}
}

// screen is what a page is looked at on.
type screen struct {
	Width  int     `json:"width"`
	Height int     `json:"height"`
	Scale  float64 `json:"deviceScaleFactor"`
	Mobile bool    `json:"mobile"`
	agent  string  // the browser's, which tells the system: pages advise by it
}

var (
	desktop = screen{Width: 1280, Height: 800, Scale: 1, agent: "Mozilla/5.0 (Windows NT 10.0; Win64; x64)"}
	phone   = screen{Width: 390, Height: 844, Scale: 2, Mobile: true, agent: "Mozilla/5.0 (Linux; Android 15)"}
)

// set is what a call is told.
type set map[string]any

// look is a picture of a page, all of it, once it shows the same twice.
func (b *browser) look(address string, on screen, scheme string) (*image.RGBA, error) {
	var target struct {
		ID string `json:"targetId"`
	}
	if err := b.call("", "Target.createTarget", set{"url": "about:blank"}, &target); err != nil {
		return nil, err
	}
	var attached struct {
		Session string `json:"sessionId"`
	}
	if err := b.call("", "Target.attachToTarget", set{"targetId": target.ID, "flatten": true}, &attached); err != nil {
		return nil, err
	}
	in := attached.Session
	err := errors.Join(b.call(in, "Page.enable", nil, nil),
		b.call(in, "Emulation.setDeviceMetricsOverride", on, nil),
		b.call(in, "Emulation.setUserAgentOverride", set{"userAgent": on.agent}, nil),
		b.call(in, "Emulation.setEmulatedMedia", set{"features": []set{{"name": "prefers-color-scheme", "value": scheme}}}, nil))
	if err != nil {
		return nil, err
	}
	var gone struct {
		Error string `json:"errorText"`
	}
	if err := b.call(in, "Page.navigate", set{"url": address}, &gone); err != nil {
		return nil, err
	}
	if gone.Error != "" {
		return nil, errors.New(gone.Error)
	}
	if _, err := b.next(func(m message) bool { return m.Session == in && m.Method == "Page.loadEventFired" }); err != nil {
		return nil, err
	}
	last := []byte{}
	for {
		now, err := b.shoot(in, on)
		if err != nil {
			return nil, err
		}
		if bytes.Equal(now, last) {
			break
		}
		last = now
	}
	img, err := png.Decode(bytes.NewReader(last))
	if err != nil {
		return nil, err
	}
	return rgba(img), b.call("", "Target.closeTarget", set{"targetId": target.ID}, nil)
}

// shoot is the page as it is now.
func (b *browser) shoot(session string, on screen) ([]byte, error) {
	var size struct {
		Content struct {
			Height float64 `json:"height"`
		} `json:"cssContentSize"`
	}
	if err := b.call(session, "Page.getLayoutMetrics", nil, &size); err != nil {
		return nil, err
	}
	clip := set{"x": 0, "y": 0, "width": on.Width, "height": max(float64(on.Height), math.Ceil(size.Content.Height)), "scale": 1}
	var picture struct {
		Data []byte `json:"data"`
	}
	err := b.call(session, "Page.captureScreenshot", set{"format": "png", "captureBeyondViewport": true, "clip": clip}, &picture)
	return picture.Data, err
}
