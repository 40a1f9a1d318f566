package wording

import "tapstation/assets/text"

// startService is how the PC/SC service is started here: Debian's and Fedora's unit is named pcscd.socket.
func startService() string { return text.T("problem.service_down.linux") }
