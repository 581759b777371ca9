package main

import (
	"bytes"
	"testing"
	"time"

	"github.com/confab-chat/confab/shared/metrics"
)

// accessLogged is a record of the WebSocket API's access log, with values as long as they get.
const accessLogged = `{"connectionId":"JC1dgf9yoAMCK-g=","errorResponseType":"-","event":"DISCONNECT","integrationLatency":"28999",` +
	`"integrationStatus":"200","requestId":"JC1dgf9yoAMCK-g=","requestTimeEpoch":"1700000000123","route":"$disconnect",` +
	`"sourceIp":"2001:0db8:85a3:0000:0000:8a2e:0370:7334","status":"200"}`

func TestTheBillTakesALogLineForNoShorterThanItIs(t *testing.T) {
	const perRecord = 26
	out := &bytes.Buffer{}
	r := metrics.NewRecorder(out, "Confab")
	r.Add(metrics.Posts, 300)
	r.Add(metrics.PostsGone, 10)
	r.Add(metrics.ConnectionsEnded, 10)
	r.Slowest(1234 * time.Microsecond)
	r.HandedOver(600)
	r.Flush("8f2c0f3e-6f0a-4b0e-9d1c-2f4e0a6d7c11")
	if n := out.Len() + perRecord + len(accessLogged) + perRecord; n > bytesLogged {
		t.Errorf("an invocation logs %d bytes, and the bill takes %d", n, bytesLogged)
	}
}
