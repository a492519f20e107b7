//go:build !race

package mockserver_test

const underRace = false
