package mail

import (
	"context"
	"fmt"

	"tapstation/app/directory"
)

// takeUp puts in order what an earlier process left: what it handed over, and what it had leased and not come to.
func (o *Outbox) takeUp(ctx context.Context) (sender string, err error) {
	sender, left, err := o.Handover.Open()
	if err != nil {
		return "", err
	}
	handed := map[string]Handed{}
	ids := make([]string, 0, len(left))
	for _, h := range left {
		handed[h.MessageID] = h
		ids = append(ids, h.MessageID)
	}
	leased, err := o.leasedBy(ctx, sender)
	if err != nil {
		return "", err
	}
	for len(leased) > 0 {
		batch := leased[:min(len(leased), ahead)]
		leased = leased[len(batch):]
		now := o.now()
		err := o.Directory.Store.Update(ctx, func(tx directory.Tx) error {
			for _, m := range batch {
				if err := keep(tx, now, sender, leftBehind(m, handed), &Report{}); err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil {
			return "", fmt.Errorf("take up what was being sent: %w", err)
		}
	}
	return sender, o.Handover.Forget(ids)
}

// leftBehind is what became of a message that an earlier process was sending.
func leftBehind(m directory.Message, handed map[string]Handed) outcome {
	h, there := handed[m.ID]
	out := outcome{message: m, answer: line(h.Answer)}
	switch {
	case !there:
	case h.Code == 0:
		out.fate, out.answer = uncertain, "this program ended before the server answered"
	case h.Code/100 == 2:
		out.fate = sent
	case h.Code/100 == 5:
		out.fate = failed
	default:
		out.fate = later
	}
	return out
}

// leasedBy are the messages that this station had leased.
func (o *Outbox) leasedBy(ctx context.Context, sender string) ([]directory.Message, error) {
	var leased []directory.Message
	q := directory.MessageQuery{State: directory.Queued, Limit: 1000}
	for {
		var page directory.MessagePage
		err := o.Directory.Store.View(ctx, func(tx directory.Tx) (err error) {
			page, err = tx.Messages(q)
			return err
		})
		if err != nil {
			return nil, fmt.Errorf("look for what was being sent: %w", err)
		}
		for _, m := range page.Messages {
			if m.LeasedBy == sender {
				leased = append(leased, m)
			}
		}
		if q.After = page.Next; q.After == "" {
			return leased, nil
		}
	}
}
