package host

import (
	"context"
	"errors"
	"fmt"

	"github.com/wsbind/wsbind/core/fault"
)

// ParseBind reads a text frame that binds, and returns the token in it. The
// error has the code [fault.ExpectedBind], [fault.InvalidUTF8] or
// [fault.FrameTooLarge].
func (e *Engine) ParseBind(ctx context.Context, frame []byte) (string, error) {
	var answer tokenAnswer
	err := e.with(ctx, func(i *instance) error { return i.call(ctx, "parse_bind", nil, frame, &answer) })
	if errors.Is(err, fault.TooLarge) {
		return "", fault.New(fault.FrameTooLarge, fmt.Sprintf("the frame has %d bytes, at most %d are read", len(frame), e.about.Limits.FrameBytes))
	}
	return answer.text(err)
}

// tokenAnswer is the answer of the operations that yield a token.
type tokenAnswer struct {
	failure
	Token string
}

// text returns the token, which is never empty, unless there was an error.
func (a *tokenAnswer) text(err error) (string, error) {
	if err == nil && a.Token == "" {
		err = incompatible("it answers without a token")
	}
	return a.Token, err
}
