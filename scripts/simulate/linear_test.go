package simulate

import (
	"fmt"
	"math"
	"time"

	"github.com/anishathalye/porcupine"

	"github.com/confab-chat/confab/shared/chat"
)

// counted is an operation on a room's counter of positions: a take, or a look at the head.
type counted struct {
	take bool
	seq  int64
}

// counter is the model of a room's positions: they are taken one after the other, and the
// head is the last that was taken.
var counter = porcupine.Model{
	Init: func() any { return int64(0) },
	Step: func(state, _, output any) (bool, any) {
		last, op := state.(int64), output.(counted)
		if op.take {
			return op.seq == last+1, op.seq
		}
		return op.seq == last, last
	},
	DescribeOperation: func(_, output any) string { return fmt.Sprintf("%+v", output) },
}

// checkLinear asks porcupine whether the positions and heads that the devices saw have an
// order. A position whose message nobody asked for, or that is void, may have been taken at
// any time.
func (w *world) checkLinear(room string, log []chat.Entry) {
	var history []porcupine.Operation
	add := func(client int, op counted, call, done int) {
		if call == math.MaxInt {
			call = 0
		}
		history = append(history, porcupine.Operation{
			ClientId: client, Input: op.take, Output: op, Call: int64(call), Return: int64(done),
		})
	}
	bySeq := map[int64]send{}
	for _, s := range w.sends(room, log) {
		bySeq[s.seq] = s
	}
	head := int64(0)
	for _, r := range w.requests {
		if r.room == room && r.ok && (r.event == "history" || r.event == "joinRoom") {
			add(r.id, counted{false, r.answer.Head}, r.sent, r.done)
			head = max(head, r.answer.Head)
		}
	}
	for _, e := range log {
		head = max(head, e.Seq)
	}
	for seq := int64(1); seq <= head; seq++ {
		s, ok := bySeq[seq]
		if !ok {
			s = send{seq: seq, first: 0, done: math.MaxInt}
		}
		add(len(w.requests)+int(seq), counted{true, seq}, s.first, s.done)
	}
	if porcupine.CheckOperationsTimeout(counter, history, 5*time.Second) == porcupine.Illegal {
		w.violate("4 not linearizable", "the positions and heads of %s have no order: %+v", room, history)
	}
}
