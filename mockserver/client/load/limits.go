package load

import (
	"strconv"

	"github.com/wsbind/wsbind/core/fault"
)

// spareDescriptors are for everything but sockets and requests: the standard
// streams, the poller, renewals.
const spareDescriptors = 32

// usualPorts is how many local ports a connection to one address can be made from, where
// the system does not say.
const usualPorts = 28_000

// checkLimits says before the first socket what would stop one of the last.
func checkLimits(sockets, parallel int) error {
	needed := sockets + parallel + renewers + spareDescriptors
	if limit, known := descriptors(); known && uint64(needed) > limit {
		return fault.New(fault.Unavailable, strconv.Itoa(sockets)+" sockets need "+strconv.Itoa(needed)+
			" file descriptors, and this process may have "+strconv.FormatUint(limit, 10)+
			": raise the hard limit (ulimit -Hn), or use fewer sockets")
	}
	ports := localPorts()
	if ports == 0 {
		ports = usualPorts
	}
	if needed := sockets + parallel; needed > ports {
		return fault.New(fault.Unavailable, strconv.Itoa(needed)+" connections to one address need as many local ports, and there are "+
			strconv.Itoa(ports)+": widen the range (net.ipv4.ip_local_port_range on Linux), or share the sockets between machines")
	}
	return nil
}
