package display

/*
#include <string.h>
#include <X11/Xlib.h>
#include <X11/Xutil.h>
#include <X11/XKBlib.h>

// largest is the largest window that can be seen, None where there is none.
static Window largest(Display *d) {
	Window root, parent, *all = NULL, found = None;
	unsigned int n = 0;
	int most = 0;
	if (!XQueryTree(d, DefaultRootWindow(d), &root, &parent, &all, &n))
		return None;
	for (unsigned int i = 0; i < n; i++) {
		XWindowAttributes a;
		if (XGetWindowAttributes(d, all[i], &a) && a.map_state == IsViewable && a.width * a.height > most) {
			most = a.width * a.height;
			found = all[i];
		}
	}
	if (all != NULL)
		XFree(all);
	return found;
}

// press sends a key, down and up, to a window; 0 where the keyboard has none that gives sym.
static int press(Display *d, Window w, Time at, KeySym sym, int control) {
	KeyCode code = XKeysymToKeycode(d, sym);
	if (code == 0)
		return 0;
	XEvent e;
	memset(&e, 0, sizeof e);
	e.xkey.display = d;
	e.xkey.window = w;
	e.xkey.root = DefaultRootWindow(d);
	e.xkey.keycode = code;
	e.xkey.same_screen = True;
	if (control)
		e.xkey.state |= ControlMask;
	if (XkbKeycodeToKeysym(d, code, 0, 0) != sym && XkbKeycodeToKeysym(d, code, 0, 1) == sym)
		e.xkey.state |= ShiftMask;
	for (int up = 0; up < 2; up++) {
		e.xkey.type = up ? KeyRelease : KeyPress;
		e.xkey.time = at + up;
		XSendEvent(d, w, True, up ? KeyReleaseMask : KeyPressMask, &e);
	}
	XSync(d, False);
	return 1;
}

// focus gives a window what is typed, as a window manager would: there is none.
static void focus(Display *d, Window w) {
	XSetInputFocus(d, w, RevertToParent, CurrentTime);
	XSync(d, False);
}
*/
import "C"

import (
	"context"
	"errors"
	"fmt"
)

// Keys that are no letters, by what X calls them (X11/keysymdef.h).
const (
	Tab       rune = 0xff09
	Enter     rune = 0xff0d
	BackSpace rune = 0xff08
)

// Type presses keys, letters or those named here, as if somebody typed into the largest window.
func (d *Display) Type(keys ...rune) error { return d.press(keys, false) }

// Control presses keys with Control held.
func (d *Display) Control(keys ...rune) error { return d.press(keys, true) }

func (d *Display) press(keys []rune, control bool) error {
	window := C.largest(d.client)
	if window == C.None {
		return errors.New("there is no window to type into")
	}
	C.focus(d.client, window)
	held := C.int(0)
	if control {
		held = 1
	}
	for _, k := range keys {
		d.typed += 10 // a window takes two events of the same time for one
		if C.press(d.client, window, C.Time(d.typed), C.KeySym(k), held) == 0 {
			return fmt.Errorf("the keyboard has no key for %q", k)
		}
	}
	return nil
}

// Lit waits until something can be seen.
func (d *Display) Lit(ctx context.Context) error { return d.await(ctx, true, nil) }
