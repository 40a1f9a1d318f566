// Package display runs an X server in memory and tells when something is drawn on it, for measurements of windows as
// a person sees them, from outside of the program that shows them. It needs the package xvfb.
package display

/*
#cgo LDFLAGS: -lX11
#include <stdlib.h>
#include <X11/Xlib.h>
#include <X11/Xutil.h>

// lit tells whether a pixel of the line in the middle is not black. The root window's image has its windows in it.
static int lit(Display *d) {
	int screen = DefaultScreen(d), width = DisplayWidth(d, screen);
	XImage *line = XGetImage(d, RootWindow(d, screen), 0, DisplayHeight(d, screen) / 2, width, 1, AllPlanes, ZPixmap);
	if (line == NULL)
		return 0;
	int found = 0;
	for (int x = 0; x < width && !found; x++)
		found = (XGetPixel(line, x, 0) & 0xFFFFFF) != 0;
	XDestroyImage(line);
	return found;
}
*/
import "C"

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"time"
	"unsafe"
)

// Display is an X server without a screen, black all over until a program draws on it.
type Display struct {
	Name   string // as DISPLAY wants it
	server *exec.Cmd
	client *C.Display
	typed  uint64 // the time of the last key
}

// Open starts a server. It ends with ctx, but Close it before.
func Open(ctx context.Context) (*Display, error) {
	told, tell, err := os.Pipe()
	if err != nil {
		return nil, err
	}
	defer func() { _ = told.Close() }() // it was only read from
	var complaint strings.Builder
	server := exec.CommandContext(ctx, "Xvfb", "-displayfd", "3", "-br", "-screen", "0", "1920x1080x24", "-nolisten", "tcp")
	server.ExtraFiles = []*os.File{tell} // descriptor 3
	server.Stderr = &complaint
	err = server.Start()
	_ = tell.Close()
	if err != nil {
		return nil, fmt.Errorf("start Xvfb: %w", err)
	}
	d := &Display{server: server}
	number, err := bufio.NewReader(told).ReadString('\n')
	if err != nil {
		return nil, errors.Join(fmt.Errorf("start Xvfb: %w: %s", err, complaint.String()), d.Close())
	}
	d.Name = ":" + strings.TrimSpace(number)
	name := C.CString(d.Name)
	defer C.free(unsafe.Pointer(name))
	if d.client = C.XOpenDisplay(name); d.client == nil {
		return nil, errors.Join(errors.New("the display server, Xvfb, takes no connection"), d.Close())
	}
	return d, nil
}

// Close ends the server.
func (d *Display) Close() error {
	if d.client != nil {
		C.XCloseDisplay(d.client)
	}
	err := d.server.Process.Kill()
	_ = d.server.Wait() // it says that it was killed
	return err
}

// FirstFrame starts a program on the display, ends it when something can be seen, and tells how long that took, to the
// millisecond. The display must be black before, and is so again when the server has noticed that the program ended.
func (d *Display) FirstFrame(ctx context.Context, program *exec.Cmd) (time.Duration, error) {
	if err := d.await(ctx, false, nil); err != nil {
		return 0, fmt.Errorf("wait for a black display: %w", err)
	}
	ended := make(chan error, 1)
	began := time.Now()
	if err := program.Start(); err != nil {
		return 0, err
	}
	go func() { ended <- program.Wait() }()
	err := d.await(ctx, true, ended)
	took := time.Since(began)
	var exit error
	if killed := program.Process.Kill(); killed == nil {
		exit = <-ended
	}
	if err != nil {
		return 0, fmt.Errorf("wait for the first frame of %s: %w", program.Path, errors.Join(err, exit))
	}
	return took, nil
}

// await looks every millisecond whether something can be seen, until it is as wanted or the program has ended.
func (d *Display) await(ctx context.Context, wanted bool, ended <-chan error) error {
	again := time.NewTicker(time.Millisecond)
	defer again.Stop()
	for (C.lit(d.client) != 0) != wanted {
		select {
		case <-again.C:
		case err := <-ended:
			return fmt.Errorf("it ended: %w", err)
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	return nil
}
