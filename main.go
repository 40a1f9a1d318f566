// Tapstation turns a contactless card into a FIDO2 security key for a person. This package only puts the parts
// together: app/command says what can be typed, ui what is seen, app what the station does.
package main

import (
	"context"
	"os"
	"os/signal"
	"syscall"

	"tapstation/app"
	"tapstation/app/command"
	"tapstation/storage/seal"
)

// version is set when the program is built (-ldflags "-X main.version=…").
var version = "0.1.0-dev"

func main() {
	attachConsole()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	context.AfterFunc(ctx, stop) // a second ctrl-C ends what does not end by itself

	// The window toolkit ties this goroutine to the process's first thread and wants its windows here; a command
	// runs beside it, and asks for it when it needs a window.
	screen := make(screen)
	status := make(chan int, 1)
	go func() {
		defer close(screen)
		status <- command.Main(ctx, os.Args[1:], command.Parts{
			Version: version,
			Stdin:   os.Stdin, Stdout: os.Stdout, Stderr: os.Stderr,
			Open: func(folder string) (*app.Station, func() error) {
				return openStation(folder, cards(), seal.Options{})
			},
			Window: screen.desk,
			Link:   screen.link,
			Taken:  screen.taken,
			Demo:   screen.demo,
			Tour:   screen.tour,
		})
	}()
	for window := range screen {
		window()
	}
	os.Exit(<-status)
}
