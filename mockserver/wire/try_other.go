//go:build !unix

package wire

const canTry = false // elsewhere every write may wait

func tryWrite(uintptr, []byte) (int, error) { return 0, nil }

func again(error) bool { return true }
