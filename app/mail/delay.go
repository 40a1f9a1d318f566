package mail

import (
	"math/rand/v2"
	"time"
)

// delays are how long a message waits after its first attempts; after later ones, as long as after the last of these.
var delays = []time.Duration{time.Minute, 5 * time.Minute, 15 * time.Minute, time.Hour, 2 * time.Hour, 4 * time.Hour}

// giveUp is for how long a message is tried. RFC 5321 §4.5.4.1 wants at least four days.
const giveUp = 4 * 24 * time.Hour

// mostAttempts is after how many attempts that is.
var mostAttempts = func() int {
	n := 1
	for total := time.Duration(0); total < giveUp; n++ {
		total += delays[min(n, len(delays))-1]
	}
	return n
}()

// delay is how long a message waits after so many attempts: up to a quarter more or less, so that those that failed
// together do not come back together.
func delay(attempts int) time.Duration { return jittered(delays[min(max(attempts, 1), len(delays))-1]) }

// pauses are how long the whole outbox waits when nothing can be sent, one after the other.
var pauses = []time.Duration{15 * time.Second, 30 * time.Second, time.Minute, 2 * time.Minute, 5 * time.Minute, 10 * time.Minute, 15 * time.Minute}

func pauseAfter(n int) time.Duration { return jittered(pauses[min(max(n, 1), len(pauses))-1]) }

func jittered(d time.Duration) time.Duration {
	return d*3/4 + rand.N(d/2)
}
