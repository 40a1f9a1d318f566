package tour

/*
#cgo LDFLAGS: -lX11
#include <X11/Xlib.h>
#include <X11/Xutil.h>
#include <X11/XKBlib.h>
#include <string.h>

// ignoring keeps Xlib's own handler, which ends the process, from a window that is gone.
static int ignoring(Display *d, XErrorEvent *e) { return 0; }

static int sent(Display *d, Window w, long mask, XEvent *e) {
	XErrorHandler before = XSetErrorHandler(ignoring);
	int ok = XSendEvent(d, w, True, mask, e);
	XSync(d, False);
	XSetErrorHandler(before);
	return ok;
}

static int moved(Display *d, Window w, Time at, int x, int y) {
	XEvent e;
	memset(&e, 0, sizeof e);
	e.xmotion.type = MotionNotify;
	e.xmotion.display = d;
	e.xmotion.window = w;
	e.xmotion.root = DefaultRootWindow(d);
	e.xmotion.time = at;
	e.xmotion.x = x;
	e.xmotion.y = y;
	e.xmotion.same_screen = True;
	return sent(d, w, PointerMotionMask, &e);
}

static int button(Display *d, Window w, Time at, int x, int y, int down) {
	XEvent e;
	memset(&e, 0, sizeof e);
	e.xbutton.type = down ? ButtonPress : ButtonRelease;
	e.xbutton.display = d;
	e.xbutton.window = w;
	e.xbutton.root = DefaultRootWindow(d);
	e.xbutton.time = at;
	e.xbutton.x = x;
	e.xbutton.y = y;
	e.xbutton.button = Button1;
	e.xbutton.state = down ? 0 : Button1Mask;
	e.xbutton.same_screen = True;
	return sent(d, w, down ? ButtonPressMask : ButtonReleaseMask, &e);
}

// key sends a key of the keyboard; 0 where the keyboard has none that gives sym.
static int key(Display *d, Window w, Time at, KeySym sym, unsigned int state, int down) {
	KeyCode code = XKeysymToKeycode(d, sym);
	if (code == 0)
		return 0;
	if (XkbKeycodeToKeysym(d, code, 0, 0) != sym && XkbKeycodeToKeysym(d, code, 0, 1) == sym)
		state |= ShiftMask;
	XEvent e;
	memset(&e, 0, sizeof e);
	e.xkey.type = down ? KeyPress : KeyRelease;
	e.xkey.display = d;
	e.xkey.window = w;
	e.xkey.root = DefaultRootWindow(d);
	e.xkey.time = at;
	e.xkey.keycode = code;
	e.xkey.state = state;
	e.xkey.same_screen = True;
	return sent(d, w, down ? KeyPressMask : KeyReleaseMask, &e);
}
*/
import "C"

import (
	"errors"
	"fmt"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/driver"
)

// input sends to a window what a keyboard and a mouse would: the window's own handling of events is walked as well.
type input struct {
	display *C.Display
	window  C.Window
	time    C.Time // of the last event: the window takes two of the same time for one
}

// Keys by what X calls them (X11/keysymdef.h).
var keySymbols = map[fyne.KeyName]C.KeySym{
	fyne.KeyReturn: 0xff0d, fyne.KeyEscape: 0xff1b, fyne.KeyTab: 0xff09, fyne.KeySpace: 0x20, fyne.KeyBackspace: 0xff08,
	fyne.KeyUp: 0xff52, fyne.KeyDown: 0xff54, fyne.KeyLeft: 0xff51, fyne.KeyRight: 0xff53, fyne.KeyHome: 0xff50, fyne.KeyEnd: 0xff57,
	fyne.KeyA: 0x61, fyne.KeyF: 0x66, fyne.KeyL: 0x6c, fyne.KeyN: 0x6e,
}

// newInput connects to the display of w. It must be called on the window's goroutine.
func newInput(w fyne.Window) (*input, error) {
	native, ok := w.(driver.NativeWindow)
	if !ok {
		return nil, errors.New("the window is not on a display")
	}
	var handle uintptr
	native.RunNative(func(c any) {
		if x, ok := c.(driver.X11WindowContext); ok {
			handle = x.WindowHandle
		}
	})
	if handle == 0 {
		return nil, errors.New("the display is not an X server's")
	}
	display := C.XOpenDisplay(nil)
	if display == nil {
		return nil, errors.New("the X server takes no connection")
	}
	return &input{display: display, window: C.Window(handle), time: 1000}, nil
}

func (i *input) close() { C.XCloseDisplay(i.display) }

// now is a time after all before.
func (i *input) now() C.Time {
	i.time += 50
	return i.time
}

// click moves the pointer to a pixel and presses the button.
func (i *input) click(x, y int) error {
	ok := C.moved(i.display, i.window, i.now(), C.int(x), C.int(y)) != 0 &&
		C.button(i.display, i.window, i.now(), C.int(x), C.int(y), 1) != 0 &&
		C.button(i.display, i.window, i.now(), C.int(x), C.int(y), 0) != 0
	if !ok {
		return errors.New("the display takes no click")
	}
	return nil
}

// press presses a key, with Control or Shift.
func (i *input) press(name fyne.KeyName, mod fyne.KeyModifier) error {
	sym, ok := keySymbols[name]
	if !ok {
		return fmt.Errorf("the tour does not know the key %s", name)
	}
	return i.send(sym, mod)
}

// write types words.
func (i *input) write(words string) error {
	for _, r := range words {
		if err := i.send(C.KeySym(r), 0); err != nil { // Latin-1 has its own numbers
			return fmt.Errorf("type %q: %w", r, err)
		}
	}
	return nil
}

func (i *input) send(sym C.KeySym, mod fyne.KeyModifier) error {
	var state C.uint
	if mod&fyne.KeyModifierControl != 0 {
		state |= C.ControlMask
	}
	if mod&fyne.KeyModifierShift != 0 {
		state |= C.ShiftMask
	}
	for _, down := range []C.int{1, 0} {
		if C.key(i.display, i.window, i.now(), sym, state, down) == 0 {
			return errors.New("the keyboard has no such key")
		}
	}
	return nil
}
