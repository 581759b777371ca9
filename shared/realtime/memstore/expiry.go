package memstore

import (
	"maps"
	"slices"
	"time"
)

// expiring is something that is hidden from a time on.
type expiring struct{ expires time.Time }

func (e expiring) expired(now time.Time) bool { return !now.Before(e.expires) }

// deleteExpired deletes what has expired.
func (s *Store) deleteExpired() {
	now := s.now()
	for id, c := range s.connections {
		if !now.Before(c.Expires) {
			delete(s.connections, id)
		}
	}
	for pid, session := range s.sessions {
		if session.expired(now) {
			delete(s.sessions, pid)
		}
	}
	maps.DeleteFunc(s.left, func(_ leftKey, e expiring) bool { return e.expired(now) })
	maps.DeleteFunc(s.attempts, func(_ string, a attempt) bool { return a.expired(now) })
	maps.DeleteFunc(s.counts, func(_ string, c count) bool { return c.expired(now) })
	deleteFromMaps(s.rooms, func(m member) bool { return m.expired(now) })
	deleteFromMaps(s.answers, func(a answer) bool { return a.expired(now) })
	deleteFromSlices(s.logs, func(p packet) bool { return p.expired(now) })
	deleteFromSlices(s.fragments, func(f fragment) bool { return f.expired(now) })
}

// deleteFromMaps deletes values from maps, and the maps that are empty then.
func deleteFromMaps[K, L comparable, V any](all map[K]map[L]V, drop func(V) bool) {
	for key, values := range all {
		maps.DeleteFunc(values, func(_ L, v V) bool { return drop(v) })
		if len(values) == 0 {
			delete(all, key)
		}
	}
}

// deleteFromSlices deletes items from slices, and the slices that are empty then.
func deleteFromSlices[K comparable, V any](all map[K][]V, drop func(V) bool) {
	for key := range all {
		deleteFrom(all, key, drop)
	}
}

func deleteFrom[K comparable, V any](all map[K][]V, key K, drop func(V) bool) {
	left := slices.DeleteFunc(all[key], drop)
	if len(left) == 0 {
		delete(all, key)
		return
	}
	all[key] = left
}

// insert puts an item in its place in a sorted slice, or replaces the one that is equal.
func insert[K comparable, V any](all map[K][]V, key K, v V, compare func(a, b V) int) {
	i, found := slices.BinarySearchFunc(all[key], v, compare)
	if found {
		all[key][i] = v
		return
	}
	all[key] = slices.Insert(all[key], i, v)
}
