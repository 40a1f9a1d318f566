package wording

import "tapstation/assets/text"

// startService is how the PC/SC service (SCardSvr) is started here.
func startService() string { return text.T("problem.service_down.windows") }
