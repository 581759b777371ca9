package template

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"
)

func (r *reader) api(d *Deployment, id string) error {
	var p struct {
		ProtocolType      string
		CorsConfiguration *CORS
	}
	if err := r.decode(id, &p); err != nil {
		return err
	}
	if p.ProtocolType == "WEBSOCKET" && d.WebSocket.ID != "" {
		return errors.New("a second WebSocket API")
	}
	stage, throttle, err := r.stage(id)
	if err != nil {
		return err
	}
	if p.ProtocolType != "WEBSOCKET" {
		d.CORS, d.HTTPThrottle = p.CorsConfiguration, throttle
		return nil
	}
	d.WebSocket.ID, d.WebSocket.Stage, d.WebSocket.Throttle = id, stage, throttle
	return nil
}

// stage returns the name of an API's stage, and its throttle. It is an error if the API has
// none, or if nothing is deployed to it.
func (r *reader) stage(api string) (name string, throttle Throttle, err error) {
	for _, id := range r.ids("AWS::ApiGatewayV2::Stage") {
		var p struct {
			ApiId, StageName     string
			AutoDeploy           bool
			DefaultRouteSettings *struct{ ThrottlingRateLimit, ThrottlingBurstLimit float64 }
		}
		if err := r.decode(id, &p); err != nil {
			return "", throttle, err
		}
		if p.ApiId != api {
			continue
		}
		if !p.AutoDeploy {
			return "", throttle, fmt.Errorf("nothing is deployed to the stage %s", id)
		}
		if s := p.DefaultRouteSettings; s != nil {
			throttle = Throttle{Rate: int(s.ThrottlingRateLimit), Burst: int(s.ThrottlingBurstLimit)}
			if throttle.Rate == 0 || throttle.Burst == 0 {
				return "", throttle, fmt.Errorf("the stage %s lets nothing pass", id)
			}
		}
		return p.StageName, throttle, nil
	}
	return "", throttle, errors.New("no stage")
}

// apiRoute has the properties of a route that are read.
type apiRoute struct {
	ApiId, RouteKey, Target, AuthorizationType, AuthorizerId, RouteResponseSelectionExpression string
}

func (r *reader) route(d *Deployment, id string) error {
	var p apiRoute
	if err := r.decode(id, &p); err != nil {
		return err
	}
	jwt, err := r.authorizer(p)
	if err != nil {
		return err
	}
	var api struct{ ProtocolType string }
	if err := r.decode(p.ApiId, &api); err != nil {
		return err
	}
	function, err := r.integration(strings.TrimPrefix(p.Target, "integrations/"), p.ApiId, api.ProtocolType)
	if err != nil {
		return fmt.Errorf("target %q: %w", p.Target, err)
	}
	function, err = r.checkRoutePermission(p, api.ProtocolType, function)
	if err != nil {
		return err
	}
	if api.ProtocolType == "HTTP" {
		d.HTTP = append(d.HTTP, Route{p.RouteKey, function, jwt})
		return nil
	}
	if !slices.Contains([]string{"$connect", "$default", "$disconnect"}, p.RouteKey) {
		return fmt.Errorf("the route key %q is not supported here", p.RouteKey)
	}
	d.WebSocket.Routes[p.RouteKey] = function
	if p.RouteKey == "$default" && p.RouteResponseSelectionExpression == "$default" {
		d.WebSocket.RouteResponse, err = r.hasResponse(id, p.ApiId)
	}
	return err
}

// checkRoutePermission returns a route's function, or [NoPermission] with its name if the
// route may not invoke it.
func (r *reader) checkRoutePermission(p apiRoute, protocol, function string) (string, error) {
	stage, _, err := r.stage(p.ApiId)
	if err != nil {
		return "", err
	}
	key := p.RouteKey
	if protocol == "HTTP" {
		if stage != "$default" {
			return "", fmt.Errorf("the stage %s would be part of every path", stage)
		}
		key = strings.Replace(key, " ", "", 1) // the ARN has METHOD/path
	}
	source := "arn:aws:execute-api:" + Region + ":" + Account + ":" + p.ApiId + "/" + stage + "/" + key
	return r.checkPermission(function, "apigateway.amazonaws.com", source)
}

// authorizer returns the JWT authorizer of a route, or nil if it has none.
func (r *reader) authorizer(p apiRoute) (*JWT, error) {
	switch p.AuthorizationType {
	case "", "NONE":
		return nil, nil
	case "JWT":
		jwt, err := r.jwt(p.ApiId, p.AuthorizerId)
		if err != nil {
			return nil, fmt.Errorf("authorizer %q: %w", p.AuthorizerId, err)
		}
		return jwt, nil
	default:
		return nil, fmt.Errorf("authorization by %s is not supported here", p.AuthorizationType)
	}
}

// jwt reads a JWT authorizer of an API.
func (r *reader) jwt(api, id string) (*JWT, error) {
	var p struct {
		ApiId, AuthorizerType string
		IdentitySource        []string
		JwtConfiguration      JWT
	}
	if err := r.decode(id, &p); err != nil {
		return nil, err
	}
	if p.ApiId != api {
		return nil, errors.New("another API's")
	}
	if p.AuthorizerType != "JWT" || !slices.Equal(p.IdentitySource, []string{"$request.header.Authorization"}) {
		return nil, fmt.Errorf("%s from %q is not supported here", p.AuthorizerType, p.IdentitySource)
	}
	return &p.JwtConfiguration, nil
}

// integration returns the function that a proxy integration of an API invokes.
func (r *reader) integration(id, api, protocol string) (string, error) {
	var p struct{ ApiId, IntegrationType, IntegrationUri, PayloadFormatVersion string }
	if err := r.decode(id, &p); err != nil {
		return "", err
	}
	switch {
	case p.ApiId != api:
		return "", errors.New("another API's")
	case p.IntegrationType != "AWS_PROXY":
		return "", fmt.Errorf("integrations of type %q are not supported here", p.IntegrationType)
	case protocol == "HTTP" && p.PayloadFormatVersion != "2.0":
		return "", fmt.Errorf("events of version %q are not supported here", p.PayloadFormatVersion)
	}
	// An HTTP API also takes the function's ARN alone.
	arn, wrapped := strings.CutPrefix(p.IntegrationUri, "arn:aws:apigateway:"+Region+":lambda:path/2015-03-31/functions/")
	arn, invokes := strings.CutSuffix(arn, "/invocations")
	if wrapped != invokes || !wrapped && protocol != "HTTP" {
		return "", fmt.Errorf("%q invokes no function", p.IntegrationUri)
	}
	return r.target(arn)
}

// hasResponse reports whether a route of a WebSocket API has a response.
func (r *reader) hasResponse(route, api string) (bool, error) {
	for _, id := range r.ids("AWS::ApiGatewayV2::RouteResponse") {
		var p struct{ ApiId, RouteId, RouteResponseKey string }
		if err := r.decode(id, &p); err != nil {
			return false, err
		}
		if p.ApiId == api && p.RouteId == route && p.RouteResponseKey == "$default" {
			return true, nil
		}
	}
	return false, nil
}

// rule reads a rule of EventBridge that invokes functions at a rate.
func (r *reader) rule(d *Deployment, id string) error {
	var p struct {
		ScheduleExpression, State string
		Targets                   []map[string]string
	}
	if err := r.decode(id, &p); err != nil {
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
		for name := range target {
			if name != "Arn" && name != "Id" {
				return fmt.Errorf("%s of a target is not supported here", name)
			}
		}
		function, err := r.target(target["Arn"])
		if err != nil {
			return err
		}
		if function, err = r.checkPermission(function, "events.amazonaws.com", arn); err != nil {
			return err
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
		return 0, fmt.Errorf("the schedule %q is not supported here", expression)
	}
	return every, nil
}
