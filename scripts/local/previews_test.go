package main

import (
	"net/netip"
	"testing"
)

func TestLinkPreviewsReachThisMachineOnlyIfAsked(t *testing.T) {
	t.Parallel()
	reach := func(args ...string) (here, metadata bool) {
		t.Helper()
		o, err := parse(args)
		if err != nil {
			t.Fatal(err)
		}
		previews := o.previews.options()
		if previews == nil || previews.Permit == nil {
			return false, false // the guard's own rules
		}
		return previews.Permit(netip.MustParseAddrPort("127.0.0.1:8080")), previews.Permit(netip.MustParseAddrPort("169.254.169.254:80"))
	}
	for _, args := range [][]string{{}, {"-link-previews", "off"}, {"-link-previews", "public"}} {
		if here, metadata := reach(args...); here || metadata {
			t.Errorf("%v: %v, %v", args, here, metadata)
		}
	}
	if here, metadata := reach("-link-previews", "local"); !here || metadata {
		t.Errorf("local: %v, %v", here, metadata)
	}
	if _, err := parse([]string{"-link-previews", "all"}); err == nil {
		t.Error("another word is accepted")
	}
}
