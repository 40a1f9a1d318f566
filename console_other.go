//go:build !windows

package main

// attachConsole: a program has its console from the beginning.
func attachConsole() {}
