// Package instrument counts in a metrics.Recorder what the engine does. It decorates the
// engine's ports ([Options]), observes what decoration cannot see ([Observer]), counts
// errors in the log ([Log]), and writes a line at the end of each invocation ([Handler]).
// The engine itself does not know of metrics.
package instrument
