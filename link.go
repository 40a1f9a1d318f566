package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"time"

	"tapstation/app/directory"
	"tapstation/storage/bell"
)

// comes is how long a window that has the data folder is given to listen: it may just be opening, or closing.
const comes = 10 * time.Second

// link shows the ticket of a tapstation:// link in the window that has the data folder, or in a new one where none has.
func (s screen) link(ctx context.Context, folder, _, link string) error {
	limit := time.NewTimer(comes)
	defer limit.Stop()
	again := time.NewTicker(100 * time.Millisecond)
	defer again.Stop()
	for {
		err := s.window(ctx, folder, link)
		var held *directory.HeldError
		if !errors.As(err, &held) {
			return err
		}
		switch rung := bell.Ring(ctx, folder, link); {
		case rung == nil:
			return nil
		case !errors.Is(rung, bell.ErrNobody):
			return errors.Join(err, rung)
		}
		select {
		case <-again.C:
		case <-limit.C:
			return err
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// links hands over what other processes want the window of the data folder to show, until ctx ends. A window that cannot
// listen is one all the same.
func links(folder string) func(ctx context.Context, heard func(link string)) {
	return func(ctx context.Context, heard func(string)) {
		b, err := bell.Hang(folder)
		if err == nil {
			err = b.Run(ctx, heard)
		}
		if err != nil {
			fmt.Fprintln(os.Stderr, "tapstation:", err)
		}
	}
}
