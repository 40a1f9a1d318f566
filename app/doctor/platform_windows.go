package doctor

import "tapstation/device"

// What to do on this operating system about a service that is down, one that lets nobody in, and a data folder open
// to others.
const (
	StartService = StartServiceWindows
	AllowService = AllowServiceOther
	closeFolder  = CloseFolderWindows
)

// drivers: Windows finds the driver of a reader by itself.
func drivers(device.State) []Finding { return nil }

// serviceUsers: Windows does not tell who uses the service.
func serviceUsers() []string { return nil }

// exposed: folders of an account are its own on Windows unless somebody shared them, which an access control list
// does not tell in short.
func exposed(string) string { return "" }
