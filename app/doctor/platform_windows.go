package doctor

import "tapstation/device"

const (
	startService = StartServiceWindows
	allowService = AllowServiceOther
	closeFolder  = CloseFolderWindows
)

// drivers: Windows finds the driver of a reader by itself.
func drivers(device.State) []Finding { return nil }

// serviceUsers: Windows does not tell who uses the service.
func serviceUsers() []string { return nil }

// exposed: folders of an account are its own on Windows unless somebody shared them, which an access control list
// does not tell in short.
func exposed(string) string { return "" }
