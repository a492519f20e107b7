package main

// abiVersion is major << 16 | minor.
const (
	abiMajor = 1
	abiMinor = 2
)

//go:wasmexport abi_version
func exportABIVersion() int32 { return abiMajor<<16 | abiMinor }

//go:wasmexport buffer_new
func exportBufferNew(size int32) int32 { return newBuffer(size) }

//go:wasmexport buffer_free
func exportBufferFree(at int32) int32 {
	b, ok := take(at)
	if !ok {
		return 0
	}
	release(b)
	return 1
}

//go:wasmexport buffer_live
func exportBufferLive() int32 { return int32(len(buffers.live)) }

//go:wasmexport describe
func exportDescribe() int64 { return callNumbers((*instance).describe) }

//go:wasmexport define
func exportDefine(at, length int32) int64 { return call(at, length, (*instance).define) }

//go:wasmexport forget
func exportForget(handle int32) int32 { return flag(current.forget(handle)) }

//go:wasmexport validate_request
func exportValidateRequest(at, length int32) int64 {
	return call(at, length, (*instance).validateRequest)
}

//go:wasmexport validate_response
func exportValidateResponse(at, length int32) int64 {
	return call(at, length, (*instance).validateResponse)
}

//go:wasmexport validate_notification
func exportValidateNotification(at, length int32) int64 {
	return call(at, length, (*instance).validateNotification)
}

//go:wasmexport parse_bind
func exportParseBind(at, length int32) int64 { return call(at, length, (*instance).parseBind) }

//go:wasmexport read_keys
func exportReadKeys(at, length int32) int64 { return call(at, length, (*instance).readKeys) }

//go:wasmexport issue_begin
func exportIssueBegin(at, length int32) int64 { return call(at, length, (*instance).issueBegin) }

//go:wasmexport issue_end
func exportIssueEnd(handle, at, length int32) int64 {
	return callBytes(at, length, func(m *instance, signature []byte) ([]byte, error) { return m.issueEnd(handle, signature) })
}

//go:wasmexport verify_begin
func exportVerifyBegin(at, length int32) int64 { return call(at, length, (*instance).verifyBegin) }

//go:wasmexport verify_end
func exportVerifyEnd(handle, verified int32, now float64) int64 {
	return callNumbers(func(m *instance) ([]byte, error) { return m.verifyEnd(handle, verified, now) })
}

//go:wasmexport inspect_token
func exportInspectToken(at, length int32) int64 { return call(at, length, (*instance).inspectToken) }

//go:wasmexport write_response
func exportWriteResponse(at, length int32) int64 { return call(at, length, (*instance).writeResponse) }

//go:wasmexport read_subscription
func exportReadSubscription(at, length int32) int64 {
	return call(at, length, (*instance).readSubscription)
}

//go:wasmexport read_frame
func exportReadFrame(at, length int32) int64 { return call(at, length, (*instance).readFrame) }

//go:wasmexport write_notification
func exportWriteNotification(at, length int32) int64 {
	return call(at, length, (*instance).writeNotification)
}

//go:wasmexport write_statuses
func exportWriteStatuses(at, length int32) int64 { return call(at, length, (*instance).writeStatuses) }

//go:wasmexport cancel
func exportCancel(handle int32) int32 { return flag(current.cancel(handle)) }

func flag(yes bool) int32 {
	if yes {
		return 1
	}
	return 0
}
