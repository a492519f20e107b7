package host

import (
	"context"
	"errors"

	"github.com/wsbind/wsbind/core/fault"
)

// ParseBind reads a text frame that binds, and returns the token in it. The
// error has the code [fault.ExpectedBind], [fault.InvalidUTF8] or
// [fault.FrameTooLarge].
func (e *Engine) ParseBind(ctx context.Context, frame []byte) (string, error) {
	var answer tokenAnswer
	err := e.with(ctx, func(i *instance) error { return i.call(ctx, "parse_bind", nil, frame, &answer) })
	if errors.Is(err, fault.TooLarge) {
		return "", fault.New(fault.FrameTooLarge, "the frame has more bytes than are read of one")
	}
	return answer.Token, err
}

// tokenAnswer is the answer of the operations that yield a token.
type tokenAnswer struct {
	failure
	Token string
}
