//go:build !windows && !darwin

package main

import "os"

// displayed tells whether an X or Wayland server is named to show windows on; without one the window toolkit ends
// the process.
func displayed() bool { return os.Getenv("DISPLAY") != "" || os.Getenv("WAYLAND_DISPLAY") != "" }
