//go:build !linux && !windows

package wording

import "tapstation/assets/text"

// startService is how the PC/SC service is started where it is part of the system.
func startService() string { return text.T("problem.service_down.other") }
