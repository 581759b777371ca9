package linkpreview

import (
	"net/netip"
	"testing"
)

func TestOnlyAddressesOfThePublicWebAreAsked(t *testing.T) {
	t.Parallel()
	for address, want := range map[string]bool{
		"93.184.216.34:443":               true,
		"1.1.1.1:80":                      true,
		"172.15.255.255:80":               true,
		"172.32.0.1:80":                   true,
		"100.63.255.255:443":              true,
		"[2606:2800:21f:cb07::1]:443":     true,
		"[2a00:1450:4001:81b::200e]:80":   true,
		"93.184.216.34:8080":              false, // another port
		"93.184.216.34:22":                false,
		"0.0.0.0:80":                      false,
		"10.0.0.1:80":                     false,
		"100.64.0.1:80":                   false, // CGNAT
		"100.100.100.200:80":              false, // metadata of Alibaba
		"127.0.0.1:80":                    false,
		"127.255.255.254:80":              false,
		"168.63.129.16:80":                false,
		"169.254.169.254:80":              false, // metadata of EC2
		"169.254.79.129:80":               false, // the daemon of X-Ray
		"172.16.0.1:80":                   false,
		"172.31.255.255:443":              false,
		"192.0.0.192:80":                  false, // metadata of Oracle
		"192.0.2.1:80":                    false,
		"192.88.99.1:80":                  false,
		"192.168.1.1:80":                  false,
		"198.18.0.1:80":                   false,
		"198.51.100.1:80":                 false,
		"203.0.113.1:80":                  false,
		"224.0.0.1:80":                    false,
		"240.0.0.1:80":                    false,
		"255.255.255.255:80":              false,
		"[::]:80":                         false,
		"[::1]:80":                        false,
		"[::127.0.0.1]:80":                false, // compatible with IPv4
		"[::ffff:127.0.0.1]:80":           false, // mapped
		"[::ffff:93.184.216.34]:80":       false, // mapped, whatever it holds
		"[::ffff:0:10.0.0.1]:80":          false, // translated
		"[64:ff9b::a9fe:a9fe]:80":         false, // NAT64
		"[64:ff9b:1::a00:1]:80":           false, // NAT64 of a network
		"[100::1]:80":                     false, // discard
		"[2001::1]:80":                    false, // Teredo
		"[2001:0:a9fe:a9fe::1]:80":        false,
		"[2001:20::1]:80":                 false, // ORCHID
		"[2001:db8::1]:80":                false,
		"[2002:a9fe:a9fe::1]:80":          false, // 6to4
		"[2002:7f00:1::]:80":              false,
		"[3fff::1]:80":                    false,
		"[5f00::1]:80":                    false, // segment routing
		"[fc00::1]:80":                    false,
		"[fd00:ec2::254]:80":              false, // metadata of EC2
		"[fe80::1]:80":                    false,
		"[fe80::1%eth0]:80":               false,
		"[2606:2800:21f:cb07::1%eth0]:80": false,
		"[fec0::1]:80":                    false, // site-local
		"[ff02::1]:80":                    false,
	} {
		if got := Public(netip.MustParseAddrPort(address)); got != want {
			t.Errorf("%s: %v", address, got)
		}
	}
	if Public(netip.AddrPort{}) {
		t.Error("no address is public")
	}
}
