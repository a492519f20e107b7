// Package load puts a FHIR server's websocket Subscriptions under load and says
// honestly what came of it.
//
// [Run] does everything: it creates Subscriptions, binds a socket for each few of
// them, causes events on a fixed schedule, and counts what arrives:
//
//	report, err := load.Run(ctx, load.Config{Base: base, Sockets: 1000, Events: 500, Rate: 50})
//	if err != nil {
//		return err // there was no load: the report is empty
//	}
//	fmt.Println(report.Good(), report.Deliveries.LatencyMs.P99)
//
// # What is honest about it
//
// The schedule is open: event k is due at the start plus k / Rate, whether or not
// earlier requests were answered. Latency is counted from that moment until the
// frame was read, so an event that had to wait for its turn, here or there, has
// waited. How late requests were sent is told apart, and so is how late this
// process woke up: where that is long, the figures are about this machine.
//
// Each event carries a marker, in the id and the identifier of its Patient, and
// a frame is matched to its event by searching for it. Lost, duplicate and
// reordered events are counted for each Subscription on its own. Where frames
// carry no content (empty, or ping ID), the n-th event stands for the n-th
// change: losses and duplicates are then counted by number, and times are true
// on the whole rather than one by one.
//
// An event counts as reordered if its number is below one that came before, or if
// it comes after an event that was asked for only when it had been answered.
// Requests that were under way together may be carried out in any order.
//
// # Bounds
//
// A socket costs a goroutine and a buffer that fits its frames. Requests under
// way are bounded by Config.Parallel, frames by 16 MiB, and the memory for
// telling duplicates by 1 GiB, which Check computes beforehand. Nothing is
// waited for without an end. Requests and sockets go straight to the server, past any
// proxy that the environment names: it would be loaded, and measured, as well.
package load

import (
	"context"
	"sync"

	"github.com/wsbind/wsbind/core/fault"
)

// Run makes the load. The error says why there was none: a configuration that
// cannot be, a server that refuses the first Subscription or socket, the end of
// ctx before the first event. When ctx ends later there is a report, which says
// that it was interrupted. Either way the sockets are closed, and what was
// created is deleted, unless Config.Keep; both take a bounded time.
func Run(ctx context.Context, config Config) (Report, error) {
	c := config.withDefaults()
	if err := c.Check(); err != nil {
		return Report{}, err
	}
	if err := checkLimits(c.Sockets, c.Parallel); err != nil {
		return Report{}, err
	}
	r := newRun(c)
	defer r.server.http.CloseIdleConnections()
	// What goes on beside the load has an end of its own: a renewal is not to be
	// cut off by the Ctrl-C that ends the schedule.
	beside, stop := context.WithCancel(context.WithoutCancel(ctx))
	var others sync.WaitGroup
	r.startBeside(beside, &others)

	err := r.prepare(ctx)
	if err == nil && ctx.Err() == nil {
		r.pulse.start()
		r.cause(ctx)
		r.await(ctx)
		r.pulse.stop()
	} else if err == nil {
		err = fault.New(fault.GoingAway, "interrupted before the first event")
	}
	stop()
	others.Wait()
	r.hangUp()
	r.cleanUp(ctx)
	r.tell()
	if err != nil {
		return Report{}, err
	}
	return r.report(ctx.Err() != nil), nil
}
