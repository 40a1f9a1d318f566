//go:build !linux && !windows

package doctor

import "tapstation/device"

const (
	startService = StartServiceMac
	allowService = AllowServiceOther
	closeFolder  = CloseFolderUnix
)

// drivers: the system brings the driver for CCID readers, and there is no list of others to look at.
func drivers(device.State) []Finding { return nil }

// serviceUsers: the system does not tell who uses the service.
func serviceUsers() []string { return nil }
