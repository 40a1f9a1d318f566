//go:build !windows

package bell

import "syscall"

// connRefused is what a socket without a listener answers.
const connRefused = syscall.ECONNREFUSED
