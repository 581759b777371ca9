package gateway

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/aws/aws-lambda-go/events"
	"github.com/aws/aws-sdk-go-v2/aws"
	management "github.com/aws/aws-sdk-go-v2/service/apigatewaymanagementapi"
	"github.com/aws/aws-sdk-go-v2/service/apigatewaymanagementapi/types"
	smithyhttp "github.com/aws/smithy-go/transport/http"
)

func TestTheConnectionsAPIAnswersTheSDK(t *testing.T) {
	s := newStage(t, &functions{})
	conn, id := s.dial()
	ctx := t.Context()
	post := func(id string, data []byte) error {
		_, err := s.client.PostToConnection(ctx, &management.PostToConnectionInput{ConnectionId: &id, Data: data})
		return err
	}
	if err := post(id, []byte("hello")); err != nil {
		t.Fatal(err)
	}
	if got := text(t, conn); got != "hello" {
		t.Errorf("got %q", got)
	}
	out, err := s.client.GetConnection(ctx, &management.GetConnectionInput{ConnectionId: &id})
	if err != nil || out.ConnectedAt == nil || out.LastActiveAt == nil || aws.ToString(out.Identity.SourceIp) != "127.0.0.1" {
		t.Errorf("get: %+v, %v", out, err)
	}
	if err := post(id, bytes.Repeat([]byte("x"), 131072)); err != nil {
		t.Errorf("128 KB: %v", err)
	}
	var tooLarge *types.PayloadTooLargeException
	if err := post(id, bytes.Repeat([]byte("x"), 131073)); !errors.As(err, &tooLarge) {
		t.Errorf("more: %v", err)
	}
	var gone *types.GoneException
	if err := post(newID(), []byte("x")); !errors.As(err, &gone) {
		t.Errorf("unknown id: %v", err)
	}
	var response *smithyhttp.ResponseError
	if err := post("nonsense", []byte("x")); !errors.As(err, &response) || response.HTTPStatusCode() != 400 || !strings.Contains(err.Error(), "Invalid connectionId: nonsense") {
		t.Errorf("malformed id: %v", err)
	}
	if _, err := s.client.DeleteConnection(ctx, &management.DeleteConnectionInput{ConnectionId: &id}); err != nil {
		t.Errorf("delete: %v", err)
	}
	if err := post(id, []byte("x")); !errors.As(err, &gone) {
		t.Errorf("after delete: %v", err)
	}
	r, err := http.Post(s.baseURL+"/other/@connections/"+id, "", nil)
	if err != nil {
		t.Fatal(err)
	}
	r.Body.Close()
	if r.StatusCode != 403 {
		t.Errorf("another stage: %d", r.StatusCode)
	}
}

func TestAPostBeforeConnectHasReturnedIsGone(t *testing.T) {
	var s *stage
	var err error
	s = newStage(t, &functions{connect: func(e events.APIGatewayWebsocketProxyRequest) (events.APIGatewayProxyResponse, error) {
		_, err = s.client.PostToConnection(context.Background(), &management.PostToConnectionInput{
			ConnectionId: &e.RequestContext.ConnectionID, Data: []byte("early"),
		})
		return events.APIGatewayProxyResponse{StatusCode: 200}, nil
	}})
	s.dial()
	var gone *types.GoneException
	if !errors.As(err, &gone) {
		t.Errorf("got %v", err)
	}
}

func TestASlowClientsBufferFillsUp(t *testing.T) {
	s := newStage(t, &functions{}, func(o *Options) { o.SendBuffer = 256 << 10 })
	_, id := s.dial() // it never reads
	var limit *types.LimitExceededException
	for range 1000 {
		_, err := s.client.PostToConnection(t.Context(), &management.PostToConnectionInput{ConnectionId: &id, Data: bytes.Repeat([]byte("x"), 64<<10)})
		if errors.As(err, &limit) {
			return
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	t.Error("never refused")
}

func TestPostsThatFollowEachOtherArriveInOrder(t *testing.T) {
	s := newStage(t, &functions{})
	conn, id := s.dial()
	for i := range 200 {
		if _, err := s.client.PostToConnection(t.Context(), &management.PostToConnectionInput{ConnectionId: &id, Data: fmt.Append(nil, i)}); err != nil {
			t.Fatal(err)
		}
	}
	for i := range 200 {
		if got := text(t, conn); got != fmt.Sprint(i) {
			t.Fatalf("got %s, want %d", got, i)
		}
	}
}
