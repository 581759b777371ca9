// Package project says what an application has beside its handlers: tables, variables, HTTP routes,
// schedules and a page. The application says it once, by package confab. The local cloud makes it, the
// CDK constructs deploy it, and the functions find it. This package has the words that the three share.
package project

import (
	"strings"
	"time"

	"github.com/confab-chat/confab/shared/names"
)

// Project is what an application has. As JSON it is what the application's program prints when
// names.EnvDeclare is set.
type Project struct {
	// Namespaces are those of Socket.IO that have handlers.
	Namespaces []string   `json:"namespaces"`
	Tables     []*Table   `json:"tables,omitempty"`
	Variables  []Variable `json:"variables,omitempty"`
	// Secrets are the names of variables whose values are kept in AWS Secrets Manager.
	Secrets   []string   `json:"secrets,omitempty"`
	Routes    []Route    `json:"routes,omitempty"`
	Schedules []Schedule `json:"schedules,omitempty"`
	// Page is the folder of the web page, below that of the application; empty: there is none.
	Page string `json:"page,omitempty"`
	// Headers are the names of those that a handshake keeps beside the engine's own.
	Headers []string `json:"headers,omitempty"`
	// Recovery is the window of connection state recovery. Zero: off.
	Recovery time.Duration `json:"recovery,omitempty"`
}

// Table is a table of DynamoDB.
type Table struct {
	Name string `json:"name"`
	// Partition and Sort are the attributes of its key. Sort may be missing.
	Partition Attribute  `json:"partition"`
	Sort      *Attribute `json:"sort,omitempty"`
	// TTL is the attribute with the second at which an item expires; empty: none does.
	TTL string `json:"ttl,omitempty"`
	// Actions are what functions may do with the table, as in "GetItem", by the functions' names.
	Actions map[string][]string `json:"actions"`
}

// Permissions are those of IAM that a function needs for a table.
func (t *Table) Permissions(function string) (permissions []string) {
	for _, action := range t.Actions[function] {
		permissions = append(permissions, "dynamodb:"+action)
	}
	return permissions
}

// Attribute is an attribute of a table's key.
type Attribute struct {
	Name string `json:"name"`
	// Type is DynamoDB's: "S", "N" or "B".
	Type string `json:"type"`
}

// Variable is an environment variable of the functions, with its value if none is set.
type Variable struct {
	Name    string `json:"name"`
	Default string `json:"default"`
}

// Route is a route of the HTTP API.
type Route struct {
	// Pattern is one of net/http's, with a method: "POST /boards/{id}/clear".
	Pattern string `json:"pattern"`
}

// Key is the route's key for API Gateway.
func (r Route) Key() string { return strings.ReplaceAll(r.Pattern, "...}", "+}") }

// Method is that of the key.
func (r Route) Method() string { method, _, _ := strings.Cut(r.Key(), " "); return method }

// Path is that of the key: "/boards/{id}", or "/files/{path+}".
func (r Route) Path() string { _, path, _ := strings.Cut(r.Key(), " "); return path }

// First is the first part of the path: "boards". No file of the page is below it.
func (r Route) First() string {
	first, _, _ := strings.Cut(strings.TrimPrefix(r.Path(), "/"), "/")
	return first
}

// Schedule runs work once in each interval.
type Schedule struct {
	Name  string        `json:"name"`
	Every time.Duration `json:"every"`
}

// Function is the name of the function that runs it.
func (s Schedule) Function() string { return SchedulePrefix + s.Name }

// SchedulePrefix is what the names of functions with a schedule begin with.
const SchedulePrefix = "schedule-"

// Functions lists the functions of an application, in the order of a connection's life.
func (p *Project) Functions() []string {
	all := []string{names.Connect, names.Message, names.Disconnect, names.Fanout, names.Sweep}
	if len(p.Routes) > 0 {
		all = append(all, names.API)
	}
	for _, s := range p.Schedules {
		all = append(all, s.Function())
	}
	return all
}

// TableVariable is the environment variable that has the name of a table on AWS.
func TableVariable(table string) string {
	return "CONFAB_TABLE_" + strings.ToUpper(strings.ReplaceAll(table, "-", "_"))
}
