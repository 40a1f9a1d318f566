package mail_test

import (
	"testing"

	"tapstation/app/directory"
)

func TestWhatIsQueuedArrivesOnceAndIsSent(t *testing.T) {
	p := newPost(t, nil)
	o := newOffice(t, p.port)
	o.users(300)
	r := o.deliver()
	if r.Sent != 300 || r.Waiting != 0 || r.Trouble != nil {
		t.Errorf("the report is %+v, want 300 sent", r)
	}
	p.once(300)
	o.counts(map[directory.MessageState]int{directory.Sent: 300})
}
