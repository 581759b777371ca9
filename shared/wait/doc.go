// Package wait is how Confab waits: for a time ([Sleep]), between attempts ([Backoff]),
// and for several calls at once ([ForEach]). Everything in it ends with its context.
package wait
