package linkpreview

import (
	"net/netip"
	"slices"
)

// internet is where public addresses of IPv6 are. All else, such as fc00::/7 or ::ffff:0:0/96, is
// refused.
var internet = netip.MustParsePrefix("2000::/3")

// special are the prefixes that do not lead to a server of the public internet, or that lead to an
// address of IPv4 in another form: the registries of special-purpose addresses (RFC 6890).
var special = prefixes(
	"0.0.0.0/8",        // this network
	"10.0.0.0/8",       // private
	"100.64.0.0/10",    // shared by the customers of a carrier
	"127.0.0.0/8",      // loopback
	"168.63.129.16/32", // Azure's services for a machine, at an address that looks public
	"169.254.0.0/16",   // link-local, with the metadata of a machine and the daemon of X-Ray
	"172.16.0.0/12",    // private
	"192.0.0.0/24",     // protocols
	"192.0.2.0/24",     // documentation
	"192.88.99.0/24",   // relays of 6to4
	"192.168.0.0/16",   // private
	"198.18.0.0/15",    // benchmarks
	"198.51.100.0/24",  // documentation
	"203.0.113.0/24",   // documentation
	"224.0.0.0/4",      // multicast
	"240.0.0.0/4",      // reserved, and broadcast

	"2001::/23",     // protocols: Teredo, which holds an address of IPv4, ORCHID and others
	"2001:db8::/32", // documentation
	"2002::/16",     // 6to4, which holds an address of IPv4
	"3fff::/20",     // documentation
)

func prefixes(texts ...string) (all []netip.Prefix) {
	for _, text := range texts {
		all = append(all, netip.MustParsePrefix(text))
	}
	return all
}

// Public reports whether a connection to an address and a port may lead to a web page that
// everybody can see. The ports are those of HTTP and HTTPS.
func Public(to netip.AddrPort) bool {
	ip := to.Addr()
	if to.Port() != 80 && to.Port() != 443 || !ip.IsValid() || ip.Zone() != "" || ip.Is6() && !internet.Contains(ip) {
		return false
	}
	return !slices.ContainsFunc(special, func(p netip.Prefix) bool { return p.Contains(ip) })
}
