// Command program does what a compiler of goroutines finds hard: it is switched
// away from, panics and recovers, outgrows its stack and collects garbage in the
// middle of all of it. It prints what came of each; ../../program.test.mjs
// compares that with what the same program prints once it was rewritten.
package main

import (
	"errors"
	"fmt"
	"os"
	"reflect"
	"runtime"
	"slices"
	"strings"
	"sync"
	"time"
)

func main() {
	if len(os.Args) > 1 {
		giveUp(os.Args[1])
	}
	for _, part := range []struct {
		name string
		run  func() any
	}{
		{"goroutines take turns", takeTurns},
		{"select", selects},
		{"workers", workers},
		{"timers", timers},
		{"panics of the runtime", runtimePanics},
		{"defers behind a panic", defers},
		{"defers in a loop", deferLoop},
		{"panic in a deferred call", panicTwice},
		{"recover where it must not", recoverElsewhere},
		{"recover in a method behind an interface", recoverInWrapper},
		{"recover on a goroutine that waits", recoverAfterSwitch},
		{"goexit", goexit},
		{"goexit, and a panic on the way", goexitPanics},
		{"iterators", iterators},
		{"deep recursion", func() any { return deep(3_000, new(1)) }},
		{"pointers on the stack", func() any { return onStack(1_500) }},
		{"functions by reflection", reflected},
		{"jumps back and forth", jumps},
		{"cleanups", cleanups},
	} {
		fmt.Printf("%s: %v\n", part.name, part.run())
		runtime.GC()
	}
}

// giveUp ends the program in a way that the runtime has to notice.
func giveUp(how string) {
	switch how {
	case "panic":
		defer fmt.Println("deferred")
		panic(fmt.Errorf("given up: %w", errors.New("why")))
	case "deadlock":
		<-make(chan int)
	case "exit":
		defer fmt.Println("not seen")
		os.Exit(3)
	}
}

// garbage is worth a collection now and then, and moves stacks that shrink.
func garbage(i int) []byte {
	if i%64 == 0 {
		runtime.GC()
	}
	return make([]byte, 64+i%512)
}

func takeTurns() any {
	var said []string
	var all sync.WaitGroup
	ping, pong := make(chan int), make(chan int)
	for _, side := range []struct {
		name string
		from chan int
		to   chan int
	}{{"ping", ping, pong}, {"pong", pong, ping}} {
		all.Go(func() {
			defer close(side.to)
			for n := range side.from {
				if n > 9 {
					return
				}
				said = append(said, fmt.Sprint(side.name, n))
				runtime.Gosched()
				select {
				case side.to <- n + 1:
				case <-time.After(time.Hour):
				}
			}
		})
	}
	ping <- 0
	all.Wait()
	return said
}

func selects() any {
	results, done, sum := make(chan int), make(chan struct{}), 0
	for i := range 8 {
		go func() {
			for n := range 50 {
				select {
				case results <- i*n + len(garbage(n)):
				case <-done:
					return
				}
			}
		}()
	}
	for range 8 * 50 {
		select {
		case n := <-results:
			sum += n
		case <-time.After(time.Hour):
			return "late"
		}
	}
	close(done)
	select {
	case <-results:
		return "one too many"
	default:
		return sum
	}
}

func workers() any {
	var mu sync.Mutex
	ready := sync.NewCond(&mu)
	queue, counts := []int{}, map[int]int{}
	var all sync.WaitGroup
	for range 4 {
		all.Go(func() {
			for {
				mu.Lock()
				for len(queue) == 0 {
					ready.Wait()
				}
				n := queue[0]
				queue = queue[1:]
				if n >= 0 {
					counts[n%10] += n
				}
				mu.Unlock()
				if n < 0 {
					return
				}
				garbage(n)
			}
		})
	}
	for n := range 504 {
		if n >= 500 { // one for each worker
			n = -1
		}
		mu.Lock()
		queue = append(queue, n)
		mu.Unlock()
		ready.Signal()
		if n%50 == 0 {
			runtime.Gosched()
		}
	}
	ready.Broadcast()
	all.Wait()
	return counts
}

func timers() any {
	var order []int
	late := make(chan int)
	for _, ms := range []int{3, 1, 2} {
		time.AfterFunc(time.Duration(ms)*10*time.Millisecond, func() { late <- ms })
	}
	for range 3 {
		order = append(order, <-late)
	}
	slices.Sort(order)
	return order
}

// try calls f and returns what it panicked with.
func try(f func()) (why any) {
	defer func() {
		if r := recover(); r != nil {
			why = fmt.Sprint(r)
		}
	}()
	f()
	return "no panic"
}

type node struct {
	next  *node
	value [4]int
}

func runtimePanics() any {
	var none *node
	var empty []int
	var table map[string]int
	var anything any = "text"
	zero, five := 0, 5
	return []any{
		try(func() { five = none.value[zero] }),
		try(func() { none.next = none }),
		try(func() { five = empty[five] }),
		try(func() { empty = empty[five:] }),
		try(func() { five = (*[4]int)(make([]int, 3))[0] }),
		try(func() { five /= zero }),
		try(func() { table["a"] = 1 }),
		try(func() { five = anything.(int) }),
		try(func() { five = len(anything.(fmt.Stringer).String()) }),
		try(func() { close((chan int)(nil)) }),
		try(func() { _ = make([]int, -five) }),
		try(func() { panic(none) }),
		try(func() { five++ }),
		five,
	}
}

func defers() any {
	var steps []string
	step := func(s string) { steps = append(steps, s) }
	result := func() (n int) {
		defer step("last")
		defer func() { n *= 2 }()
		if len(steps) == 0 {
			defer func() {
				step(fmt.Sprint(recover()))
				garbage(0)
				n = 21
			}()
		}
		defer step("first")
		var none *node
		return none.value[2]
	}()
	return append(steps, fmt.Sprint(result))
}

func deferLoop() any {
	var steps []int
	func() {
		defer func() { recover() }()
		for i := range 20 {
			defer func() { steps = append(steps, i, len(garbage(i))) }()
			if i == 11 {
				panic("enough")
			}
		}
	}()
	return steps
}

func panicTwice() any {
	return try(func() {
		defer func() {
			defer func() { panic(fmt.Sprint("third behind ", recover())) }()
			panic("second")
		}()
		panic("first")
	})
}

func recoverElsewhere() any {
	helper := func() any { return recover() }
	return []any{
		try(func() { defer func() { helper() }(); panic("a helper") }),
		try(func() { defer func() { func() { recover() }() }(); panic("a nested function") }),
		try(func() { defer recover(); panic("deferred itself") }),
		try(func() { defer helper(); panic("the deferred one") }),
		fmt.Sprint(recover()),
	}
}

type recoverer interface{ stop() }
type byValue struct{ got *[]any }

func (b byValue) stop() { *b.got = append(*b.got, recover()) }

type embedding struct{ byValue }

func recoverInWrapper() any {
	var got []any
	for _, r := range []recoverer{byValue{&got}, &byValue{&got}, embedding{byValue{&got}}, &embedding{byValue{&got}}} {
		func() {
			defer r.stop()
			panic("an interface")
		}()
		func() {
			stop := r.stop
			defer stop()
			panic("a method value")
		}()
	}
	return got
}

func recoverAfterSwitch() any {
	wait := make(chan int)
	result := make(chan string)
	go func() {
		defer func() {
			r := recover()
			<-wait
			result <- fmt.Sprint(r, len(garbage(0)))
		}()
		<-wait
		deepPanic(1_000)
	}()
	wait <- 1
	runtime.GC()
	wait <- 2
	return <-result
}

func deepPanic(n int) int {
	defer func() { n++ }()
	if n == 0 {
		panic("from below")
	}
	return deepPanic(n-1) + n
}

func goexit() any {
	var steps []string
	var all sync.WaitGroup
	all.Go(func() {
		defer func() { steps = append(steps, fmt.Sprint("recovered ", recover())) }()
		func() {
			defer func() { steps = append(steps, "within") }()
			runtime.Goexit()
		}()
		steps = append(steps, "not reached")
	})
	all.Wait()
	return steps
}

func goexitPanics() any {
	var steps []string
	var all sync.WaitGroup
	all.Go(func() {
		defer func() { steps = append(steps, "outside") }()
		defer func() { steps = append(steps, fmt.Sprint(recover())) }()
		defer func() { panic("on the way out") }()
		runtime.Goexit()
	})
	all.Wait()
	return steps
}

func iterators() any {
	var steps []int
	count := func(n int) func(func(int) bool) {
		return func(yield func(int) bool) {
			defer func() { steps = append(steps, -n) }()
			for i := range n {
				if !yield(i) {
					return
				}
			}
		}
	}
	find := func() (found int) {
		for i := range count(10) {
			defer func() { steps = append(steps, 100+i); recover() }()
			for j := range count(10) {
				switch {
				case j > i:
					break
				case i*j == 12:
					return i
				case i*j == 20:
					panic("not reached")
				default:
					continue
				}
				break
			}
		}
		return -1
	}
	return fmt.Sprint(find(), steps)
}

// deep outgrows its stack many times, with a pointer into it.
func deep(n int, above *int) int {
	here := *above + 1
	if n == 0 {
		runtime.GC()
		return here
	}
	if below := deep(n-1, &here); below%7 == 0 {
		return below + 1
	} else {
		return below
	}
}

// onStack keeps what it allocates on the stack only, while it is collected.
func onStack(n int) int {
	own := &node{value: [4]int{n, n, n, n}}
	list := []*node{own, {next: own}}
	text := strings.Repeat("x", n%9)
	if n == 0 {
		return 0
	}
	garbage(n)
	sum := onStack(n - 1)
	garbage(n)
	if list[1].next.value != [4]int{n, n, n, n} || text != strings.Repeat("x", n%9) {
		return -1 << 40
	}
	return sum + own.value[n%4]%13
}

type counter struct{ total int }

func (c *counter) Add(words []string, by *int) (int, *node) {
	runtime.GC()
	c.total += len(strings.Join(words, "")) + *by
	return c.total, &node{value: [4]int{c.total}}
}

// reflected calls functions that are made at run time, and collects meanwhile:
// what is live in their frames is known by other means than in all others.
func reflected() any {
	var sum int
	double := reflect.MakeFunc(reflect.TypeFor[func([]string, *int) (int, *node)](), func(args []reflect.Value) []reflect.Value {
		for i := range 40 {
			garbage(i)
		}
		n := *args[1].Interface().(*int) + len(args[0].Interface().([]string)[1])
		return []reflect.Value{reflect.ValueOf(2 * n), reflect.ValueOf(&node{value: [4]int{n}})}
	}).Interface().(func([]string, *int) (int, *node))
	add := reflect.ValueOf(&counter{}).MethodByName("Add").Interface().(func([]string, *int) (int, *node))
	for _, f := range []func([]string, *int) (int, *node){double, add, double, add} {
		for i := range 50 {
			n, at := f([]string{strings.Repeat("a", i), strings.Repeat("b", i+1)}, new(i))
			sum += n + at.value[0] + len(garbage(i))
		}
	}
	return sum
}

// jumps is control flow of every kind, in one function, around calls.
func jumps() any {
	var trace []int
	state, n := 0, 0
again:
	for i := 0; ; i++ {
		switch {
		case n > 400:
			break again
		case state == 0 && i%3 == 0:
			state = 1
			trace = append(trace, i)
			fallthrough
		case state == 1:
			n += len(garbage(i)) % 7
			if i%5 == 0 {
				goto out
			}
			continue
		case state == 2:
			for j := i; j > 0; j /= 2 {
				if j%4 == 3 {
					state = 0
					n++
					continue again
				}
				runtime.Gosched()
			}
			n += 2
		default:
			state = (state + 1) % 3
		}
		n++
	}
	return fmt.Sprint(n, trace, slices.Max(trace))
out:
	state = 2
	n++
	goto again
}

func cleanups() any {
	ran := make(chan int, 3)
	for i := range 3 {
		runtime.AddCleanup(&node{value: [4]int{i}}, func(n int) { ran <- n }, i)
	}
	runtime.GC()
	sum := 0
	for range 3 {
		sum += <-ran
	}
	return sum
}
