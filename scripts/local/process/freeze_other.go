//go:build !unix

package process

// freeze lets the process wait for its next event unfrozen: this system cannot stop it.
func (e *environment) freeze() error { return nil }

func (e *environment) thaw() error { return nil }
