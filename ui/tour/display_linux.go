package tour

/*
#cgo LDFLAGS: -lX11
#include <X11/Xlib.h>
#include <X11/Xutil.h>

// Xlib's own handler ends the process.
static int ignore(Display *d, XErrorEvent *e) { return 0; }

// shown is what a window shows, with its size; NULL where it is not on the display as a whole. The caller frees it
// with XDestroyImage.
static XImage *shown(Display *d, Window w, int *width, int *height) {
	XErrorHandler before = XSetErrorHandler(ignore);
	XWindowAttributes a;
	XImage *image = NULL;
	if (XGetWindowAttributes(d, w, &a) && a.map_state == IsViewable) {
		*width = a.width;
		*height = a.height;
		image = XGetImage(d, w, 0, 0, a.width, a.height, AllPlanes, ZPixmap);
	}
	XSync(d, False);
	XSetErrorHandler(before);
	return image;
}

static void discard(XImage *i) { XDestroyImage(i); }
*/
import "C"

import (
	"errors"
	"image"
	"unsafe"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/driver"
)

// fromDisplay asks the X server what the window shows.
func fromDisplay(w fyne.Window) (*image.RGBA, error) {
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
	defer C.XCloseDisplay(display)
	var width, height C.int
	shown := C.shown(display, C.Window(handle), &width, &height)
	if shown == nil {
		return nil, errNotShown
	}
	defer C.discard(shown)
	img := image.NewRGBA(image.Rect(0, 0, int(width), int(height)))
	if shown.bits_per_pixel != 32 || shown.byte_order != C.LSBFirst || shown.red_mask != 0xFF0000 || shown.blue_mask != 0xFF {
		return nil, errors.New("the display does not have 32 bits a pixel, blue first")
	}
	line := int(shown.bytes_per_line)
	data := C.GoBytes(unsafe.Pointer(shown.data), C.int(line)*height)
	for y := range int(height) {
		for x := range int(width) {
			from, to := y*line+4*x, img.PixOffset(x, y)
			img.Pix[to], img.Pix[to+1], img.Pix[to+2], img.Pix[to+3] = data[from+2], data[from+1], data[from], 0xFF
		}
	}
	return img, nil
}
