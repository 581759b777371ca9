// Package linkpreview fetches what a card below a message tells of a web page: its title, its
// description and the name of its site. Enter at [New].
//
// Whoever sends a message chooses the address that is fetched, so the package trusts neither the
// address nor what is there. It asks only public addresses, and looks at an address after its name
// was resolved, at the moment when it connects ([Public]). It follows at most three redirects, each
// under the same rules, sends no cookies or credentials, and bounds time and bytes.
package linkpreview
