package load

import (
	"os"
	"strconv"
	"strings"
)

// localPorts returns how many ports Linux takes for connections, and 0 elsewhere.
func localPorts() int {
	text, err := os.ReadFile("/proc/sys/net/ipv4/ip_local_port_range")
	words := strings.Fields(string(text))
	if err != nil || len(words) != 2 {
		return 0
	}
	low, errLow := strconv.Atoi(words[0])
	high, errHigh := strconv.Atoi(words[1])
	if errLow != nil || errHigh != nil || high < low {
		return 0
	}
	return high - low + 1
}
