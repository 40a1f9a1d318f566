package bell

import "golang.org/x/sys/windows"

// connRefused is what a socket without a listener answers.
const connRefused = windows.WSAECONNREFUSED
