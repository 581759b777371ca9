package gateway

import "strings"

// HTTPRoute is a route of the HTTP API.
type HTTPRoute struct {
	// Key is the route's key, such as "GET /api/{proxy+}" or "$default"; ANY stands for
	// every method.
	Key      string
	Function string
	// JWT is who else lets requests pass; nil: nobody has to.
	JWT *JWTAuthorizer
}

// route returns the route that a request takes: the one whose path says the most, and
// of equal ones the one that names the method.
func (g *Gateway) route(method, path string) (HTTPRoute, bool) {
	best, score := HTTPRoute{}, -1
	for _, candidate := range g.options.Routes.HTTP {
		if s := candidate.score(method, path); s > score {
			best, score = candidate, s
		}
	}
	return best, score >= 0
}

// score says how well a route fits a request; below zero: not at all.
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
