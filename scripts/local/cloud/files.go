package cloud

import (
	"net"
	"path/filepath"

	"github.com/confab-chat/confab/scripts/local/files"
	"github.com/confab-chat/confab/scripts/local/meter"
	"github.com/confab-chat/confab/scripts/local/policy"
	"github.com/confab-chat/confab/scripts/local/template"
	"github.com/confab-chat/confab/shared/names"
)

// bucket is the name of the bucket for attachments in the built-in deployment.
const bucket = "attachments"

// secretKey is with what all functions sign.
const secretKey = "local"

// addFiles serves the buckets that the functions name.
func (c *Cloud) addFiles(l net.Listener, d *deployment) error {
	o := files.Options{Secret: secretKey, Region: template.Region, Authorize: c.mayUse(d)}
	if c.options.Data != "" {
		o.Dir = filepath.Join(c.options.Data, "files")
	}
	o.Count = func(key, operation string, failed bool) {
		for _, f := range d.functions {
			if Key(f.name) == key {
				c.meter.Call(f.name, meter.Storage, operation, failed, 0, 0)
			}
		}
	}
	for _, f := range d.functions {
		if name := f.environment[names.EnvFilesBucket]; name != "" {
			o.Buckets = append(o.Buckets, name)
		}
	}
	handler, err := files.New(o)
	if err != nil {
		return err
	}
	c.files = c.serve(l, handler)
	return nil
}

// mayUse returns whether the function with a key may perform an action on a resource.
func (c *Cloud) mayUse(d *deployment) func(key, action, resource string) bool {
	roles := map[string]*policy.Role{}
	for _, f := range d.functions {
		roles[Key(f.name)] = f.role
	}
	return func(key, action, resource string) bool {
		role, known := roles[key]
		return known && (role == nil || role.Allows(policy.Request{Action: action, Resource: resource}))
	}
}
