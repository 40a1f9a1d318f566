//go:build windows || darwin

package main

// displayed: there always is a display.
func displayed() bool { return true }
