package gate

import (
	"context"
	"log/slog"
	"time"

	"github.com/wsbind/wsbind/core/fault"
	"github.com/wsbind/wsbind/mockserver/journal"
)

// EventName is the kind of an [Event]. The package's GateEventName has the same.
type EventName string

// The kinds of events.
const (
	TokenIssued         EventName = "token-issued"
	TokenRefused        EventName = "token-refused"
	SocketOpened        EventName = "socket-opened"
	SocketRefused       EventName = "socket-refused"
	SocketClosed        EventName = "socket-closed"
	BoundEvent          EventName = "bound"
	BindRefused         EventName = "bind-refused"
	Unbound             EventName = "unbound"
	Revoked             EventName = "revoked"
	UpstreamOpened      EventName = "upstream-opened"
	UpstreamLost        EventName = "upstream-lost"
	UpstreamRefused     EventName = "upstream-refused"
	NotificationEvent   EventName = "notification"
	NotificationRefused EventName = "notification-refused"
	FetchEmpty          EventName = "fetch-empty"
	StoreFailed         EventName = "store-failed"
)

// EventNames lists every kind.
func EventNames() []EventName {
	return []EventName{
		TokenIssued, TokenRefused, SocketOpened, SocketRefused, SocketClosed, BoundEvent, BindRefused, Unbound, Revoked,
		UpstreamOpened, UpstreamLost, UpstreamRefused, NotificationEvent, NotificationRefused, FetchEmpty, StoreFailed,
	}
}

// Event is something that happened in a gate. It never holds a token. Members that
// do not apply are zero.
type Event struct {
	Name   EventName
	Code   fault.Code // why
	Detail string     // a sentence about it
	// Socket is the number of the client's socket, counted from 1 in this gate.
	Socket        uint64
	JTI           string // the token's name
	KID           string // the name of the key that it is signed with
	Subscriptions []string
	Took          time.Duration // of a bind, good or refused
}

// Observer takes what happens, as it happens: it must not wait for anything, and
// is called by several goroutines. That it panics is logged, and harms nobody.
type Observer func(Event)

// observers calls several in turn. What a client or the FHIR server had a say in may
// quote a token, which is taken out.
func observers(list ...Observer) Observer {
	return func(e Event) {
		e.Detail = journal.WithoutTokens(e.Detail)
		for _, o := range list {
			if o != nil {
				o(e)
			}
		}
	}
}

// shielded is an observer whose bugs do not end the process: it is called by goroutines
// of the gate's, some of which hold locks.
func shielded(o Observer, log *slog.Logger) Observer {
	if o == nil {
		return nil
	}
	return func(e Event) {
		defer func() {
			if problem := recover(); problem != nil {
				log.Error("the observer panics", slog.String("event", string(e.Name)), slog.Any("panic", problem))
			}
		}()
		o(e)
	}
}

// logTo writes events to a log. What happens with every notification is a matter of
// debugging.
func logTo(log *slog.Logger) Observer {
	return func(e Event) {
		level := slog.LevelInfo
		switch e.Name {
		case NotificationEvent:
			level = slog.LevelDebug
		case UpstreamLost, UpstreamRefused, NotificationRefused, StoreFailed:
			level = slog.LevelWarn
		}
		log.LogAttrs(context.Background(), level, string(e.Name), e.attrs()...)
	}
}

func (e *Event) attrs() []slog.Attr {
	var list []slog.Attr
	add := func(name, value string) {
		if value != "" {
			list = append(list, slog.String(name, value))
		}
	}
	if e.Socket != 0 {
		list = append(list, slog.Uint64("socket", e.Socket))
	}
	add("code", string(e.Code))
	add("jti", e.JTI)
	add("kid", e.KID)
	if len(e.Subscriptions) > 0 {
		list = append(list, slog.Any("subscriptions", e.Subscriptions))
	}
	add("detail", e.Detail)
	return list
}
