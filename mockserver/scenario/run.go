package scenario

import (
	"context"
	"fmt"
	"sync"
	"time"

	"github.com/wsbind/wsbind/core/fhir"
	"github.com/wsbind/wsbind/mockserver/clock"
)

// Run carries a scenario out: it stores what the server holds at first, plans
// the faults, and takes one step after another until the last one is done or ctx
// ends. It returns an error that names the step where one cannot be carried out, or
// was not taken when ctx ended.
//
// Steps that wait for time only are taken in the callbacks of the clock. Under a
// virtual clock they therefore happen at their very moment, however far the
// clock is advanced at once, and are done when Advance returns.
//
// Without a FHIR release everything is done in all; it is enough then when it
// can be done in one.
func Run(ctx context.Context, s *Scenario, target Target) error {
	play, err := Begin(ctx, s, target)
	if err != nil {
		return err
	}
	return play()
}

// Begin is the first half of [Run]: when it returns, what the server holds at first
// is there, and the faults are planned. The second half, which it returns, takes the
// steps.
func Begin(ctx context.Context, s *Scenario, target Target) (play func() error, err error) {
	r := &run{ctx: ctx, scenario: s, target: target, clock: target.Clock()}
	r.start = r.clock.Now()
	if err := r.prepare(); err != nil {
		return nil, err
	}
	return r.play, nil
}

// play takes the steps.
func (r *run) play() error {
	s := r.scenario
	for next := 0; next < len(s.Timeline); {
		var err error
		if next, err = r.stretch(next); err != nil {
			return r.cut(next, err)
		}
	}
	return nil
}

// cut says of an error that ctx ended how far the scenario had come.
func (r *run) cut(next int, err error) error {
	if r.ctx.Err() == nil {
		return err
	}
	r.mu.Lock()
	next = max(next, r.next)
	r.mu.Unlock()
	if next == len(r.scenario.Timeline) {
		return nil // it ended with the last step
	}
	step, waits := &r.scenario.Timeline[next], ""
	switch {
	case step.After != nil && next >= r.ready:
		waits = " waits for the fact " + step.After.Fact + " and"
	case step.Wait > 0:
		waits = " waits " + time.Duration(step.Wait).String() + " and"
	case step.At > 0:
		waits = " waits until " + time.Duration(step.At).String() + " after the start and"
	}
	return fmt.Errorf("step %d of %d (%s)%s was not taken: %w", next+1, len(r.scenario.Timeline), step.Action(), waits, r.ctx.Err())
}

// run is a scenario that is being carried out.
type run struct {
	ctx      context.Context
	scenario *Scenario
	target   Target
	clock    clock.Clock
	start    time.Time

	mu    sync.Mutex // held while steps are taken
	ended bool       // no callback may take a step any more
	next  int        // the step that comes next
	ready int        // the number of the step whose fact, if any, was there last
	timer clock.Timer
	done  chan outcome // how the stretch ended
}

// outcome is the end of a stretch: the step that comes next, or an error.
type outcome struct {
	next int
	err  error
}

// prepare stores what is there at first.
func (r *run) prepare() error {
	s := r.scenario
	for i := range s.Topics {
		if err := r.each(topicReleases(&s.Topics[i], s.FHIR), func(release fhir.Release) error {
			return r.target.Store(r.ctx, release, "", s.Topics[i])
		}); err != nil {
			return fmt.Errorf("topics[%d]: %w", i, err)
		}
	}
	for i, resource := range s.Resources {
		if err := r.store(resource, s.FHIR); err != nil {
			return fmt.Errorf("resources[%d]: %w", i, err)
		}
	}
	for i := range s.Subscriptions {
		if err := r.subscribe(&s.Subscriptions[i]); err != nil {
			return fmt.Errorf("subscriptions[%d]: %w", i, err)
		}
	}
	if len(s.Faults) > 0 {
		if err := r.target.Plan(r.ctx, s.Faults...); err != nil {
			return fmt.Errorf("faults: %w", err)
		}
	}
	return nil
}

// topicReleases are those that have a topic's kind of resource.
func topicReleases(topic *Resource, release string) []fhir.Release {
	if release == "" && topic.Type == "Basic" {
		return []fhir.Release{fhir.R4}
	}
	if release == "" {
		return []fhir.Release{fhir.R4B, fhir.R5}
	}
	return releasesOf(release)
}

func (r *run) subscribe(s *Subscription) error {
	var in []fhir.Release
	for _, release := range releases {
		if _, ok := s.In(release, r.scenario.FHIR); ok {
			in = append(in, release)
		}
	}
	return r.each(in, func(release fhir.Release) error {
		resource, _ := s.In(release, r.scenario.FHIR)
		return r.target.Store(r.ctx, release, s.Bearer, resource)
	})
}

func (r *run) store(resource Resource, names ...string) error {
	return r.each(releasesOf(names...), func(release fhir.Release) error {
		return r.target.Store(r.ctx, release, "", resource)
	})
}

// each does something in releases, and is content where it can be done in one.
func (r *run) each(in []fhir.Release, do func(fhir.Release) error) error {
	var failed error
	worked := false
	for _, release := range in {
		err := do(release)
		worked = worked || err == nil
		if failed == nil {
			failed = err
		}
	}
	if worked {
		return nil
	}
	return failed
}

// stretch takes the step at i, for whose fact it waits, and those after it up to
// the next one that needs the goroutine of Run: one with a fact of its own, or
// one that advances the clock. It returns that step's index.
func (r *run) stretch(i int) (int, error) {
	step := &r.scenario.Timeline[i]
	if step.After != nil {
		if err := r.target.Wait(r.ctx, releasesOf(step.FHIR, r.scenario.FHIR), *step.After); err != nil {
			return i, stepError(i, step, err)
		}
	}
	r.ready = i + 1
	if step.Advance > 0 {
		return r.advance(i, step)
	}
	r.done = make(chan outcome, 1)
	r.mu.Lock()
	r.arrive(i)
	r.mu.Unlock()
	return r.await(i)
}

// advance waits for the moment of a step that advances the clock, and takes it.
func (r *run) advance(i int, step *Step) (int, error) {
	r.done = make(chan outcome, 1)
	r.mu.Lock()
	if d := r.delay(step); d > 0 {
		done := r.done
		r.timer = r.clock.AfterFunc(d, func() { done <- outcome{next: i} })
	} else {
		r.done <- outcome{next: i}
	}
	r.mu.Unlock()
	if _, err := r.await(i); err != nil {
		return i, err
	}
	if err := r.target.Advance(r.ctx, time.Duration(step.Advance)); err != nil {
		return i, stepError(i, step, err)
	}
	return i + 1, nil
}

// await waits for the end of a stretch that began with the step at i. When it
// returns no callback takes a step any more.
func (r *run) await(i int) (int, error) {
	select {
	case o := <-r.done:
		return o.next, o.err
	case <-r.ctx.Done():
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.ended = true
	clock.Stop(&r.timer)
	return i, r.ctx.Err()
}

// delay is how long a step still has to wait once its fact is there.
func (r *run) delay(step *Step) time.Duration {
	if step.At > 0 {
		return r.start.Add(time.Duration(step.At)).Sub(r.clock.Now())
	}
	return time.Duration(step.Wait)
}

// arrive takes the step at i when its time has come. The caller holds mu.
func (r *run) arrive(i int) {
	if d := r.delay(&r.scenario.Timeline[i]); d > 0 {
		r.timer = r.clock.AfterFunc(d, func() {
			r.mu.Lock()
			defer r.mu.Unlock()
			r.take(i)
		})
		return
	}
	r.take(i)
}

// take takes the step at i, whose time has come, and those that follow at once;
// for the next one that has to wait it sets a timer. The caller holds mu.
func (r *run) take(i int) {
	for !r.ended {
		if err := r.ctx.Err(); err != nil {
			r.done <- outcome{i, err}
			return
		}
		step := &r.scenario.Timeline[i]
		if err := r.perform(step); err != nil {
			r.done <- outcome{i, stepError(i, step, err)}
			return
		}
		i++
		r.next = i
		if i == len(r.scenario.Timeline) || r.scenario.Timeline[i].After != nil || r.scenario.Timeline[i].Advance > 0 {
			r.done <- outcome{next: i}
			return
		}
		if r.delay(&r.scenario.Timeline[i]) > 0 {
			r.arrive(i)
			return
		}
	}
}

func stepError(i int, step *Step, err error) error {
	return fmt.Errorf("timeline[%d] (%s): %w", i, step.Action(), err)
}
