package template

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"
)

func (r *reader) api(d *Deployment, id string) error {
	var p struct{ ProtocolType string }
	if err := r.decode(id, []string{"ProtocolType"}, &p); err != nil {
		return err
	}
	if p.ProtocolType != "WEBSOCKET" {
		return nil
	}
	if d.WebSocket.ID != "" {
		return errors.New("a second WebSocket API")
	}
	stage, err := r.stage(id)
	if err != nil {
		return err
	}
	d.WebSocket.ID, d.WebSocket.Stage = id, stage
	return nil
}

// stage returns the name of an API's stage. An API without one cannot be reached.
func (r *reader) stage(api string) (string, error) {
	for _, id := range r.ids("AWS::ApiGatewayV2::Stage") {
		var p struct{ ApiId, StageName string }
		if err := r.decode(id, []string{"ApiId", "StageName"}, &p); err != nil {
			return "", err
		}
		if p.ApiId == api {
			return p.StageName, nil
		}
	}
	return "", errors.New("no stage")
}

func (r *reader) route(d *Deployment, id string) error {
	var p struct{ ApiId, RouteKey, Target, AuthorizationType, AuthorizerId string }
	if err := r.decode(id, []string{"ApiId", "RouteKey", "Target", "AuthorizationType", "AuthorizerId"}, &p); err != nil {
		return err
	}
	var jwt *JWT
	switch p.AuthorizationType {
	case "", "NONE":
	case "JWT":
		var err error
		if jwt, err = r.jwt(p.ApiId, p.AuthorizerId); err != nil {
			return fmt.Errorf("authorizer %q: %w", p.AuthorizerId, err)
		}
	default:
		return fmt.Errorf("authorization by %s is not known here", p.AuthorizationType)
	}
	function, err := r.integration(strings.TrimPrefix(p.Target, "integrations/"))
	if err != nil {
		return fmt.Errorf("target %q: %w", p.Target, err)
	}
	stage, err := r.stage(p.ApiId)
	if err != nil {
		return err
	}
	var api struct{ ProtocolType string }
	if err := r.decode(p.ApiId, []string{"ProtocolType"}, &api); err != nil {
		return err
	}
	key := p.RouteKey
	if api.ProtocolType == "HTTP" {
		key = strings.Replace(key, " ", "", 1) // the ARN has METHOD/path
	}
	source := "arn:aws:execute-api:" + Region + ":" + Account + ":" + p.ApiId + "/" + stage + "/" + key
	allowed, err := r.mayInvoke(function, "apigateway.amazonaws.com", source)
	if err != nil {
		return err
	}
	if !allowed {
		function = NoPermission + function
	}
	if api.ProtocolType == "HTTP" {
		d.HTTP = append(d.HTTP, Route{p.RouteKey, function, jwt})
		return nil
	}
	d.WebSocket.Routes[p.RouteKey] = function
	if p.RouteKey == "$default" {
		d.WebSocket.RouteResponse, err = r.responds(id)
	}
	return err
}

// jwt reads a JWT authorizer of an API.
func (r *reader) jwt(api, id string) (*JWT, error) {
	var p struct {
		ApiId, AuthorizerType string
		IdentitySource        []string
		JwtConfiguration      JWT
	}
	if err := r.decode(id, []string{"ApiId", "AuthorizerType", "IdentitySource", "JwtConfiguration"}, &p); err != nil {
		return nil, err
	}
	if p.ApiId != api {
		return nil, errors.New("another API's")
	}
	if p.AuthorizerType != "JWT" || !slices.Equal(p.IdentitySource, []string{"$request.header.Authorization"}) {
		return nil, fmt.Errorf("%s from %q is not known here", p.AuthorizerType, p.IdentitySource)
	}
	return &p.JwtConfiguration, nil
}

// integration returns the function that a proxy integration invokes.
func (r *reader) integration(id string) (string, error) {
	var p struct{ IntegrationType, IntegrationUri string }
	if err := r.decode(id, []string{"IntegrationType", "IntegrationUri"}, &p); err != nil {
		return "", err
	}
	if p.IntegrationType != "AWS_PROXY" {
		return "", fmt.Errorf("integrations of type %q are not known here", p.IntegrationType)
	}
	return r.target(strings.TrimSuffix(p.IntegrationUri, "/invocations"))
}

// responds reports whether a route of a WebSocket API sends its function's answer back.
func (r *reader) responds(route string) (bool, error) {
	for _, id := range r.ids("AWS::ApiGatewayV2::RouteResponse") {
		var p struct{ RouteId, RouteResponseKey string }
		if err := r.decode(id, []string{"RouteId", "RouteResponseKey"}, &p); err != nil {
			return false, err
		}
		if p.RouteId == route && p.RouteResponseKey == "$default" {
			return true, nil
		}
	}
	return false, nil
}

// rule reads a rule of EventBridge that invokes functions at a rate.
func (r *reader) rule(d *Deployment, id string) error {
	var p struct {
		ScheduleExpression, State string
		Targets                   []struct{ Arn string }
	}
	if err := r.decode(id, []string{"ScheduleExpression", "State", "Targets"}, &p); err != nil {
		return err
	}
	if p.State == "DISABLED" {
		return nil
	}
	every, err := rate(p.ScheduleExpression)
	if err != nil {
		return err
	}
	arn, err := r.attribute(id, "Arn")
	if err != nil {
		return err
	}
	for _, target := range p.Targets {
		function, err := r.target(target.Arn)
		if err != nil {
			return err
		}
		allowed, err := r.mayInvoke(function, "events.amazonaws.com", arn)
		if err != nil {
			return err
		}
		if !allowed {
			function = NoPermission + function
		}
		if _, twice := d.Schedules[function]; twice {
			return fmt.Errorf("a second schedule of %s", function)
		}
		d.Schedules[function] = every
	}
	return nil
}

// rate reads a schedule such as rate(5 minutes).
func rate(expression string) (time.Duration, error) {
	var n int
	var unit string
	_, err := fmt.Sscanf(strings.TrimSuffix(expression, ")"), "rate(%d %s", &n, &unit)
	every := time.Duration(n) * map[string]time.Duration{"minute": time.Minute, "hour": time.Hour, "day": 24 * time.Hour}[strings.TrimSuffix(unit, "s")]
	if err != nil || every <= 0 {
		return 0, fmt.Errorf("the schedule %q is not known here", expression)
	}
	return every, nil
}
