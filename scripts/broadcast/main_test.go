package main

import (
	"testing"
	"time"

	"github.com/confab-chat/confab/scripts/local/gateway"
)

func TestEverybodyHearsABroadcastOnce(t *testing.T) {
	for what, o := range map[string]options{
		"within the rate that is allowed":         {perSecond: 600, quotas: gateway.Quotas{Requests: 1000, Burst: 500}},
		"though a third of the posts are refused": {perSecond: 1500, quotas: gateway.Quotas{Requests: 1000, Burst: 100}},
	} {
		t.Run(what, func(t *testing.T) {
			o.sizes, o.most = []int{500, 2000}, time.Minute
			var sizes []int
			err := measure(t.Context(), o, func(r result) {
				sizes = append(sizes, r.receivers)
				if r.once != r.receivers {
					t.Errorf("of %d heard it %d once, %d twice and %d never", r.receivers, r.once, r.twice, r.never)
				}
			})
			if err != nil || len(sizes) != 2 {
				t.Errorf("after %v receivers: %v", sizes, err)
			}
		})
	}
}

func TestWhatIsWrongIsSaid(t *testing.T) {
	for _, args := range [][]string{{"-connections", "x"}, {"-connections", "10,5"}, {"-connections", "0"}, {"-nothing"}} {
		if _, err := parse(args); err == nil {
			t.Errorf("%q is accepted", args)
		}
	}
	if o, err := parse([]string{"-requests", "5000"}); err != nil || o.perSecond != 3000 || len(o.sizes) != 3 {
		t.Errorf("%+v, %v", o, err)
	}
}
