package portal

import "strings"

// system is what a browser says it runs on: what can be advised differs. It is a guess, and nothing depends on it but which
// advice comes first.
type system string

// Systems.
const (
	onWindows  system = "windows"
	onMac      system = "mac"
	onLinux    system = "linux"
	onAndroid  system = "android"
	onIOS      system = "ios"
	onChromeOS system = "chromeos"
	elsewhere  system = ""
)

// systemOf reads a User-Agent. Android says Linux too, and iPads say Macintosh: those cannot be told from Macs.
func systemOf(userAgent string) system {
	for _, s := range []struct {
		word string
		is   system
	}{
		{"Windows", onWindows}, {"Android", onAndroid}, {"iPhone", onIOS}, {"iPad", onIOS}, {"CrOS", onChromeOS}, {"Macintosh", onMac},
		{"Linux", onLinux},
	} {
		if strings.Contains(userAgent, s.word) {
			return s.is
		}
	}
	return elsewhere
}

// readsCards tells whether browsers on the system are known to take a card on a reader, or held to the back: on a Mac and on
// Linux they take USB keys only.
func (s system) readsCards() bool { return s != onMac && s != onLinux && s != onChromeOS }

// phone tells whether a card is held to the back of it.
func (s system) phone() bool { return s == onAndroid || s == onIOS }
