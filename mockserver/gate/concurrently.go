package gate

import (
	"context"
	"sync"
)

// atOnce is how many requests for one client are under way at a time.
const atOnce = 8

// concurrently does something with each of a list, a few at a time, and returns the errors in
// the list's order.
func concurrently(ctx context.Context, list []string, do func(ctx context.Context, item string) error) []error {
	errs := make([]error, len(list))
	places := make(chan struct{}, atOnce)
	var all sync.WaitGroup
	for i, item := range list {
		places <- struct{}{}
		all.Go(func() {
			defer func() { <-places }()
			errs[i] = do(ctx, item)
		})
	}
	all.Wait()
	return errs
}
