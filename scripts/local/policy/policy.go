// Package policy decides whether IAM policies allow a call (AWS IAM, "Policy evaluation
// logic"). It supports what this project uses: Allow and Deny statements with actions,
// resources and wildcards, without conditions. Enter at [Role].
package policy

import (
	"cmp"
	"slices"
	"strings"
	"sync"
)

// Statement allows or denies actions on resources.
type Statement struct {
	Deny      bool
	Actions   []string
	Resources []string
}

// Request is an action on a resource.
type Request struct {
	Action, Resource string
}

// Role has the statements of a function's role, and remembers which grants were used.
type Role struct {
	statements []Statement

	mu   sync.Mutex
	used map[Grant]bool
}

// Grant is one action on one resource, as a policy writes them.
type Grant struct {
	Action   string `json:"action"`
	Resource string `json:"resource"`
}

// NewRole returns a role with statements.
func NewRole(statements []Statement) *Role {
	return &Role{statements: statements, used: map[Grant]bool{}}
}

// Allows reports whether a request is allowed: some statement allows it, and none
// denies it.
func (r *Role) Allows(q Request) bool {
	allowed := false
	for _, s := range r.statements {
		for _, action := range s.Actions {
			if !Matches(strings.ToLower(action), strings.ToLower(q.Action)) {
				continue
			}
			for _, resource := range s.Resources {
				if !Matches(resource, q.Resource) {
					continue
				}
				if s.Deny {
					return false
				}
				allowed = true
				r.use(Grant{action, resource})
			}
		}
	}
	return allowed
}

// Refused returns the first permission that a call needs and the role does not give; nil: the call is allowed. The error is
// that of Requests.
func (r *Role) Refused(p Place, c Call) (*Request, error) {
	needed, err := p.Requests(c)
	if err != nil {
		return nil, err
	}
	for _, q := range needed {
		if !r.Allows(q) {
			return &q, nil
		}
	}
	return nil, nil
}

func (r *Role) use(g Grant) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.used[g] = true
}

// elsewhere are services that are not called through the local cloud.
var elsewhere = []string{"logs:", "xray:"}

// Unused returns the grants that no call has needed, without those for services elsewhere.
func (r *Role) Unused() []Grant {
	r.mu.Lock()
	defer r.mu.Unlock()
	unused := []Grant{}
	for _, s := range r.statements {
		if s.Deny {
			continue
		}
		for _, action := range s.Actions {
			if slices.ContainsFunc(elsewhere, func(service string) bool { return strings.HasPrefix(action, service) }) {
				continue
			}
			for _, resource := range s.Resources {
				if g := (Grant{action, resource}); !r.used[g] {
					unused = append(unused, g)
				}
			}
		}
	}
	slices.SortFunc(unused, func(a, b Grant) int {
		return cmp.Or(cmp.Compare(a.Action, b.Action), cmp.Compare(a.Resource, b.Resource))
	})
	return slices.Compact(unused)
}

// Matches reports whether a pattern with the wildcards * and ? matches a text.
func Matches(pattern, text string) bool {
	for pattern != "" {
		switch {
		case pattern[0] == '*':
			for i := range len(text) + 1 {
				if Matches(pattern[1:], text[i:]) {
					return true
				}
			}
			return false
		case text == "" || pattern[0] != '?' && pattern[0] != text[0]:
			return false
		}
		pattern, text = pattern[1:], text[1:]
	}
	return text == ""
}
