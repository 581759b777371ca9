// Package instrument counts, into a metrics.Recorder, what the engine does: it
// decorates what a realtime.Server is made of ([Options]), hears what none of that
// shows ([Observer]), counts errors in the log ([Log]), and writes a line at the end of
// each invocation ([Handler]). The engine itself knows nothing of metrics.
package instrument
