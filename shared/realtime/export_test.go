package realtime

// Apart makes a server count its posts as a process of its own does.
func Apart(s *Server) { s.recovery.posts = &counter{process: newID()} }
