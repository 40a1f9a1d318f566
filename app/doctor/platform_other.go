//go:build !linux && !windows

package doctor

import "tapstation/device"

// What to do on this operating system about a service that is down, one that lets nobody in, and a data folder open
// to others.
const (
	StartService = StartServiceMac
	AllowService = AllowServiceOther
	closeFolder  = CloseFolderUnix
)

// drivers: the system brings the driver for CCID readers, and there is no list of others to look at.
func drivers(device.State) []Finding { return nil }

// serviceUsers: the system does not tell who uses the service.
func serviceUsers() []string { return nil }
