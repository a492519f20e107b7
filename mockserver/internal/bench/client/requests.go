//go:build linux

package main

import (
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/wsbind/wsbind/mockserver/internal/bench/job"
)

// requests sends the same request on several connections, each after the answer to
// the one before.
func (c *client) requests(o job.Order) (job.Answer, error) {
	host, id := o.Publish, ""
	if w, ok := c.peer.(*wsbind); ok {
		id = w.bound[0].ids[0]
	}
	text := []byte(strings.ReplaceAll(o.Request, "{subscription}", id))
	connections := make([]*keptAlive, o.Connections)
	for i := range connections {
		k, err := dial(host)
		if err != nil {
			return job.Answer{}, err
		}
		defer k.Close()
		if _, err := k.do(text); err != nil {
			return job.Answer{}, err
		}
		connections[i] = k
	}
	begin := time.Now()
	end := begin.Add(time.Duration(o.Seconds * float64(time.Second)))
	var all sync.WaitGroup
	var count atomic.Int64
	errs := make(chan error, len(connections))
	for _, k := range connections {
		all.Go(func() {
			k.SetDeadline(end.Add(patience))
			n := int64(0)
			for ; time.Now().Before(end); n++ {
				if err := k.again(text); err != nil {
					errs <- err
					break
				}
			}
			count.Add(n)
		})
	}
	all.Wait()
	a := job.Answer{Count: int(count.Load()), Seconds: time.Since(begin).Seconds()}
	select {
	case err := <-errs:
		return a, err
	default:
		return a, nil
	}
}

// again is do without a deadline of its own.
func (k *keptAlive) again(text []byte) error {
	if _, err := k.Write(text); err != nil {
		return err
	}
	status, body, err := answer(k.r)
	if err == nil && status/100 != 2 {
		err = errorOf(status, body)
	}
	return err
}
