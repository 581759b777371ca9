package cloud

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-lambda-go/lambda"

	"github.com/confab-chat/confab/scripts/local/dynamo"
	"github.com/confab-chat/confab/scripts/local/gateway"
	"github.com/confab-chat/confab/scripts/local/host"
	"github.com/confab-chat/confab/scripts/local/policy"
	"github.com/confab-chat/confab/scripts/local/process"
	"github.com/confab-chat/confab/scripts/local/template"
	"github.com/confab-chat/confab/scripts/prices"
	"github.com/confab-chat/confab/shared/boot"
	"github.com/confab-chat/confab/shared/names"
	"github.com/confab-chat/confab/shared/project"
)

// Application is an application of package confab. Project is required, and one of Program and New.
type Application struct {
	Project *project.Project
	// Program is the application's binary for this machine. Its functions run as processes.
	Program string
	// New makes a function in this process.
	New func(name string, e boot.Environment) (lambda.Handler, error)
	// Variables are those that the application declares, and its secrets, as far as they are set.
	Variables map[string]string
}

// deploy adds to a deployment what the application has.
func (a *Application) deploy(d *deployment, o Options, at addresses) {
	d.place = policy.Place{Region: template.Region, Account: template.Account}
	engine := d.tables
	variables := map[string]string{}
	if a.Project.Recovery > 0 {
		variables[names.EnvRecovery] = a.Project.Recovery.String()
	}
	for _, v := range a.Project.Variables {
		variables[v.Name] = v.Default
	}
	maps.Copy(variables, a.Variables)
	for _, t := range a.Project.Tables {
		d.tables = append(d.tables, dynamo.Declared(t, t.Name))
		variables[project.TableVariable(t.Name)] = t.Name
	}
	for _, route := range a.Project.Routes {
		d.routes.HTTP = append(d.routes.HTTP, gateway.HTTPRoute{Key: route.Key(), Function: names.API})
	}
	for _, s := range a.Project.Schedules {
		d.schedules[s.Function()] = s.Every
	}
	for _, name := range a.Project.Functions() {
		f := function{name: name, timeout: timeouts[name], binary: a.Program, memoryMB: prices.MemoryMB[name]}
		f.environment = environment(name, at, d.stage, o)
		f.role = a.role(name, engine, d.place)
		f.environment[names.EnvFunction] = name
		if name == names.Connect { // which runs nothing of the application
			f.environment[names.EnvHeaders] = strings.Join(a.Project.Headers, ",")
		} else {
			maps.Copy(f.environment, variables)
		}
		if _, scheduled := d.schedules[name]; scheduled {
			f.async = host.Async{Retries: 2, Destination: "failures"}
			f.timeout = time.Minute
		}
		d.functions = append(d.functions, f)
	}
}

// role allows a function all that the engine does, and with the application's tables what that says.
func (a *Application) role(function string, engine []dynamo.Table, place policy.Place) *policy.Role {
	statements := []policy.Statement{{Actions: []string{"execute-api:*", "lambda:*", "s3:*", "sqs:*"}, Resources: []string{"*"}}}
	for _, t := range engine {
		statements = append(statements, policy.Statement{Actions: []string{"dynamodb:*"}, Resources: []string{place.Table(t.Name)}})
	}
	for _, t := range a.Project.Tables {
		statements = append(statements, policy.Statement{Actions: t.Permissions(function), Resources: []string{place.Table(t.Name)}})
	}
	return policy.NewRole(statements)
}

// Replace puts a new version of the application in the place of the one that runs, as a deployment does.
// Connections stay, and what runs goes on to its end. Tables that the new version does not have any more stay.
func (c *Cloud) Replace(ctx context.Context, a *Application) error {
	o := c.options
	o.Application = a
	d, err := deploy(o, c.at)
	if err != nil {
		return err
	}
	if err := dynamo.CreateTables(ctx, c.database, d.tables); err != nil {
		return err
	}
	if err := process.Check(a.Program); err != nil {
		return err
	}
	c.setRoles(d)
	kept := map[string]bool{}
	for _, f := range d.functions {
		kept[f.name] = true
		if p := c.processes[f.name]; p != nil {
			p.Replace(f.binary, addShell(f.environment))
			continue
		}
		handler, err := c.newHandler(f)
		if err != nil {
			return err
		}
		c.host.Add(f.name, handler, f.timeout, f.async)
	}
	c.gateway.SetHTTPRoutes(d.routes.HTTP)
	for name, p := range c.processes {
		if !kept[name] {
			c.host.Remove(name)
			delete(c.processes, name)
			p.Close()
		}
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, old := range c.options.Application.Project.Schedules {
		c.unschedule[old.Function()]()
		delete(c.unschedule, old.Function())
	}
	for _, s := range a.Project.Schedules {
		c.unschedule[s.Function()] = c.host.Schedule(s.Function(), s.Every)
	}
	c.options.Application, c.tables = a, d.tables
	return nil
}

// runSchedule delivers an event of a schedule now. It has the name that the application declares, or that of
// its function.
func (c *Cloud) runSchedule(name string) error {
	c.mu.RLock()
	all := slices.Sorted(maps.Keys(c.unschedule))
	c.mu.RUnlock()
	for i, function := range all {
		own := strings.TrimPrefix(function, project.SchedulePrefix)
		if name == function || name == own {
			return c.host.RunScheduled(function)
		}
		all[i] = own
	}
	return fmt.Errorf("there is no schedule %q: there are %s", name, strings.Join(all, ", "))
}
