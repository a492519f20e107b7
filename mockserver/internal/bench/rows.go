//go:build linux

package main

// row is one line of the table: what is measured, and what is to be reached.
type row struct {
	what, against string
	reach         float64
	atMost        bool   // less is better
	unit          string // of the value; a ratio where there is none
	// why says what a row that falls short is owed to. It is printed only then.
	why []string
}

// allowance is how much more a frame or an event may cost where there is more of
// everything, for that to be called the same: caches serve a large state worse, and
// ticks of a hundredth of a second are what processor time is counted in.
const allowance = 1.2

// same is for rows of what the row above is of, and sameSingle for those where no two
// events are on their way at once.
const (
	same       = "the same"
	sameSingle = "the same, one event at a time"
)

// Reasons that several rows have.
const (
	whyDiffers = `A Bundle is written for each socket: it names its Subscription, and has numbers, dates and an id of its own, where the
peer sends the same bytes to all. Besides, each one is an entry of the event log and of the journal, and passes the
fault plan.`
	whyBatches = `nats-server and centrifuge put the messages that wait for a socket into one write, as wsbind does, and may wait for
more, which it does not.`
	whySingle = `Where one event is on its way at a time, no two frames wait for a socket, and each is a write of its own, as the peer's are.`
	whyMore   = `Nothing is scanned: filters are found by an index, and events by their number. What is left is memory, more of which
the collector goes through and the caches cannot hold.`
)

var (
	rowBare       = row{what: "frames a second, 2,000 sockets, one event to all", against: "coder/websocket", reach: 0.8, why: []string{whyDiffers}}
	rowTCP        = row{what: same, against: "a write to each TCP connection", reach: 0.65, why: []string{whyDiffers}}
	rowNATS       = row{what: same, against: "nats-server", reach: 1, why: []string{whyDiffers, whyBatches}}
	rowCentrifuge = row{what: same, against: "centrifuge", reach: 1, why: rowNATS.why}
	rowBareSingle = row{what: sameSingle, against: "coder/websocket", reach: 0.8, why: []string{whyDiffers, whySingle}}
	rowTCPSingle  = row{what: sameSingle, against: "a write to each TCP connection", reach: 0.65, why: rowBareSingle.why}
	rowMemory     = row{what: "memory per idle bound socket at 10,000", against: "coder/websocket, echo", reach: 1.5, atMost: true,
		why: []string{"Each socket has a Subscription besides, with what it is asked for and its event log, and its token's claims."}}
	rowLatency = row{what: "p99 of delivery, 10,000 sockets, half saturated", against: "coder/websocket", reach: 1.5, atMost: true, why: []string{whyDiffers}}
	rowTokens  = row{what: "tokens a second (EdDSA), 32 connections", against: "net/http and go-jose", reach: 0.7,
		why: []string{"The operation validates the request, looks the Subscriptions up, validates its response and keeps a journal; the peer does none of it."}}
	rowStart = row{what: "start to first answer", against: "", reach: 150, atMost: true, unit: "ms",
		why: []string{"The definitions and search parameters of three releases are read at start."}}

	rowSockets = row{what: "growth: a frame at 10,000 sockets", against: "at 1,000", reach: allowance, atMost: true,
		why: []string{"Ten times as many sockets do not fit the processor's caches; the bare peer's growth is beside it."}}
	rowEach    = row{what: "growth: a frame at 50 Subscriptions per socket, 200 sockets", against: "at 1", reach: allowance, atMost: true, why: []string{whyMore}}
	rowLogMade = row{what: "growth: an event, 100,000 kept in the log", against: "1,000", reach: allowance, atMost: true,
		why: []string{whyMore}}
	rowLogAsked = row{what: "growth: `$events` for the last 10, 100,000 kept", against: "1,000", reach: allowance, atMost: true, why: []string{whyMore}}
	rowOthers1  = row{what: "growth: an event beside 1,000 unrelated Subscriptions", against: "none", reach: allowance, atMost: true,
		why: []string{whyMore}}
	rowOthers10 = row{what: "growth: an event beside 10,000 unrelated Subscriptions", against: "none", reach: allowance, atMost: true, why: rowOthers1.why}
)
