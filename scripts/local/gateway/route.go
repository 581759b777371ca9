package gateway

import "strings"

// HTTPRoute is a route of the HTTP API.
type HTTPRoute struct {
	// Key is the route's key, such as "GET /api/{proxy+}" or "$default"; ANY stands for
	// every method.
	Key      string
	Function string
	// JWT verifies tokens before the function is invoked; nil: no one does.
	JWT *JWTAuthorizer
}

// route returns the most specific route for a request. Of routes with the same path, one
// with a method is more specific than one with ANY.
func (g *Gateway) route(method, path string) (HTTPRoute, bool) {
	best, score := HTTPRoute{}, -1
	for _, candidate := range *g.http.Load() {
		if s := candidate.score(method, path); s > score {
			best, score = candidate, s
		}
	}
	return best, score >= 0
}

// score says how specific a route is for a request; it is negative if the route does not
// match.
func (r HTTPRoute) score(method, path string) int {
	if r.Key == "$default" {
		return 0
	}
	want, pattern, _ := strings.Cut(r.Key, " ")
	if want != "ANY" && want != method {
		return -1
	}
	score := 1
	if want != "ANY" {
		score++
	}
	segments := strings.Split(path, "/")
	for i, part := range strings.Split(pattern, "/") {
		switch {
		case strings.HasSuffix(part, "+}"):
			if len(segments) <= i || segments[i] == "" {
				return -1
			}
			return score
		case len(segments) <= i:
			return -1
		case strings.HasPrefix(part, "{"):
		case part != segments[i]:
			return -1
		default:
			score += 2
		}
	}
	if len(segments) != len(strings.Split(pattern, "/")) {
		return -1
	}
	return score + 2
}

// parameters returns the parts of a path that the route's pattern names, or nil.
func (r HTTPRoute) parameters(path string) map[string]string {
	var found map[string]string
	_, pattern, _ := strings.Cut(r.Key, " ")
	segments := strings.Split(path, "/")
	for i, part := range strings.Split(pattern, "/") {
		name, isName := strings.CutPrefix(part, "{")
		if !isName || i >= len(segments) {
			continue
		}
		if found == nil {
			found = map[string]string{}
		}
		name = strings.TrimSuffix(name, "}")
		if rest, greedy := strings.CutSuffix(name, "+"); greedy {
			found[rest] = strings.Join(segments[i:], "/")
		} else {
			found[name] = segments[i]
		}
	}
	return found
}
