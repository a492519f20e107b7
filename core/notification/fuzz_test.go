package notification_test

import (
	"bytes"
	"testing"

	"github.com/wsbind/wsbind/core/fault"
	"github.com/wsbind/wsbind/core/jsonscan"
	"github.com/wsbind/wsbind/core/notification"
)

// FuzzCheckNeverPanics also holds that a checker remembers nothing, and that
// every issue lies within the document.
func FuzzCheckNeverPanics(f *testing.F) {
	for _, v := range notifications(f) {
		for _, r := range releases {
			f.Add(v.Document, uint8(r))
		}
	}
	var used notification.Checker
	f.Fuzz(func(t *testing.T, text []byte, which uint8) {
		r := releases[int(which)%len(releases)]
		reading, issues := used.Read(text, r)
		var fresh notification.Checker
		again := fresh.Check(text, r)
		if len(issues) != len(again) {
			t.Fatalf("a used checker finds %v, a fresh one %v", issues, again)
		}
		for i := range issues {
			if issues[i] != again[i] {
				t.Errorf("a used checker finds %v, a fresh one %v", issues[i], again[i])
			}
			if issues[i].Offset < 0 || issues[i].Offset+issues[i].Length > len(text) || !issues[i].Code.Known() {
				t.Errorf("an odd issue: %+v", issues[i])
			}
		}
		if len(issues) == 0 && len(reading.Statuses) == 0 && !reading.Searchset {
			t.Error("valid without a status")
		}
	})
}

// FuzzBuiltNotificationsAreValid takes text that a caller may hand on without
// looking: what Append accepts must pass the checker.
func FuzzBuiltNotificationsAreValid(f *testing.F) {
	f.Add(uint8(1), uint8(3), uint8(2), "b1", "2026-01-02T03:04:05Z", base+"/Subscription/s1", "http://example.org/topic", base+"/Encounter/e1", int64(1), "no-response", "http://example.org", "No")
	f.Add(uint8(3), uint8(5), uint8(1), "", "", "http://h/Subscription/1", "", "urn:uuid:x/y", int64(1<<62), "", "", "")
	f.Add(uint8(2), uint8(1), uint8(2), "", "", "http://h/Subscription/1", "#", "a:/Patient/é", int64(0), "c d", "é", "\x01")
	var c notification.Checker
	f.Fuzz(func(t *testing.T, which, typ, content uint8, id, timestamp, subscription, topic, focus string, number int64, code, system, display string) {
		n := notification.Notification{
			Release: releases[int(which)%len(releases)], ID: id, Timestamp: timestamp, Content: notification.Content(content % 3),
			Status: notification.Status{
				ID: statusID, Type: notification.Type(typ%5 + 1), Subscription: subscription, State: "active", Topic: topic, EventsSinceStart: number,
				Events: []notification.Event{{Number: number, Timestamp: timestamp, Interaction: notification.Update, Focus: notification.Resource{URL: focus}}},
			},
		}
		if code != "" {
			n.Status.Errors = []notification.Coding{{System: system, Code: code, Display: display}}
		}
		bundle, err := notification.Append(nil, n)
		if err != nil {
			if fault.CodeOf(err) == fault.Internal {
				t.Errorf("refused as our own failure: %v", err)
			}
			return
		}
		for _, i := range c.Check(bundle, n.Release) {
			if i.Severity < fault.Information {
				t.Errorf("%s: %s: %s\n%s", i.Code, i.Expression, i.Diagnostics, bundle)
			}
		}
	})
}

// FuzzResourceBytesSurvive hands on any resource, byte for byte, and finds it
// again.
func FuzzResourceBytesSurvive(f *testing.F) {
	f.Add([]byte(body))
	f.Add([]byte(`{"resourceType":"Encounter","id":"e1","x":1e400,"y":-0.0,"z":"\ud83d\ude00\/"}`))
	f.Fuzz(func(t *testing.T, text []byte) {
		var doc jsonscan.Document
		if doc.Parse(text, jsonscan.Limits{MaxDepth: 100}) != nil || doc.Root().Kind() != jsonscan.Object {
			return
		}
		for _, r := range releases {
			n := event(r, notification.FullResource)
			n.Status.Events[0].Focus.Body = text
			bundle, err := notification.Append(nil, n)
			if err != nil {
				t.Fatal(err)
			}
			if !bytes.Contains(bundle, text) {
				t.Errorf("%v: the bytes changed: %s", r, bundle)
			}
			var c notification.Checker
			reading, _ := c.Read(bundle, r)
			if len(reading.Statuses) != 1 || !bytes.Equal(reading.Statuses[0].Events[0].Focus.Body, doc.Root().Raw()) {
				t.Errorf("%v: read %+v of %s", r, reading, bundle)
			}
		}
	})
}
